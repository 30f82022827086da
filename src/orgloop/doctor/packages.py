"""Which versions there are of what OrgLoop is made of, and whether plugins can be loaded."""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from importlib.metadata import EntryPoint
from importlib.metadata import version as installed_version

import orgloop
from orgloop.config.model import ProjectDefinition
from orgloop.doctor.check import Check
from orgloop.doctor.patience import Blocked, interrupted_after
from orgloop.doctor.subject import components
from orgloop.errors import PluginError
from orgloop.plugins import entrypoints

_FAMILIES = ("connector", "transform", "logger")
_OLDEST_PYTHON = (3, 11)
_OLDEST_SQLITE = (3, 37, 0)
_IMPORT_SECONDS = 5.0


def check_versions() -> list[Check]:
    """Say what OrgLoop runs on."""
    return [
        Check(category="packages", name="orgloop", message=orgloop.__version__),
        _python(platform.python_version_tuple()),
        Check(category="packages", name="twisted", message=installed_version("twisted")),
        _sqlite(sqlite3.sqlite_version_info),
    ]


def _python(version: tuple[str, str, str]) -> Check:
    major, minor = int(version[0]), int(version[1])
    if (major, minor) >= _OLDEST_PYTHON:
        return Check(category="packages", name="python", message=".".join(version))
    oldest = ".".join(map(str, _OLDEST_PYTHON))
    return Check(
        category="packages",
        name="python",
        status="error",
        message=f"Python {major}.{minor} is too old",
        fix=f"run OrgLoop with Python {oldest} or newer",
    )


def _sqlite(version: tuple[int, ...]) -> Check:
    shown = ".".join(map(str, version))
    if version >= _OLDEST_SQLITE:
        return Check(category="packages", name="sqlite", message=shown)
    return Check(
        category="packages",
        name="sqlite",
        status="degraded",
        message=f"SQLite {shown} is older than what OrgLoop is tried with",
        fix="use a Python that comes with SQLite 3.37 or newer",
    )


def check_installed(
    used: Collection[str],
    installed: Callable[[str], Iterable[EntryPoint]] = entrypoints.installed,
) -> list[Check]:
    """Import every plugin that a distribution offers; ``used`` are the names a project uses.

    A plugin that nobody uses and that cannot be loaded is no error.
    """
    return [
        _loaded(family, one, is_used=one.name in used)
        for family in _FAMILIES
        for one in installed(family)
    ]


def _loaded(family: str, one: EntryPoint, *, is_used: bool) -> Check:
    name = f"{family} {one.name}"
    try:
        with interrupted_after(_IMPORT_SECONDS):
            entrypoints.load(one)
    except PluginError as error:
        what, _, fix = str(error).partition(". ")
    except Blocked:
        what, fix = f"loading it took longer than {_IMPORT_SECONDS:g} s", "tell its authors"
    else:
        return Check(category="packages", name=name, message=_distribution(one))
    return Check(
        category="packages",
        name=name,
        status="error" if is_used else "degraded",
        message=what.rstrip("."),
        fix=fix,
    )


def _distribution(one: EntryPoint) -> str:
    return one.value if one.dist is None else f"{one.dist.name} {one.dist.version}"


def names_used(definition: ProjectDefinition | None) -> set[str]:
    """Return the names by which a project uses its plugins."""
    return set(_names(definition)) if definition is not None else set()


def _names(definition: ProjectDefinition) -> Iterator[str]:
    for _, component in components(definition):
        yield component.plugin
        yield component.registration.id
