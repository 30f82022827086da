"""Tell whose error it was that nobody caught: a plugin's, or our own."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen
from twisted.python.failure import Failure

import orgloop
from orgloop.config.model import Component, ProjectDefinition
from orgloop.plugin import Kind, Registration

SOME_PLUGIN = "a plugin"
"""Where it is clear that it was one, and not which."""

_OURS = Path(orgloop.__file__).parent
_BUILT_IN = tuple(_OURS / name for name in ("connectors", "loggers", "sdk", "transforms"))
_STANDARD_LIBRARY = Path(sysconfig.get_paths()["stdlib"])


@frozen
class Owners:
    """Whose code lies where.

    The innermost frame that is ours or a plugin's decides, for what a library raises is laid to who
    called it. Without such a frame (a Deferred that was made to fail, and dropped; a thread of a
    library) it is a plugin's, if there are any that we have not written: whatever we begin
    ourselves, we begin in code of ours. But an exception that is ours is ours, and so is one from a
    file that is nobody's.
    """

    plugins: Mapping[Path, str]
    """What lies in these files and directories, for people."""
    has_strangers: bool
    """Whether there are plugins that are not built in."""

    @classmethod
    def of(cls, definition: ProjectDefinition) -> Owners:
        """Return those of a project: built-ins, installed packages, the project's own files."""
        plugins: dict[Path, list[str]] = {place: [] for place in _BUILT_IN}
        plugins[definition.directory] = []
        has_strangers = False
        for name, registration in _named(definition):
            for place in set(_places(registration)):  # a source and an actor may share a file
                plugins.setdefault(place, []).append(name)
                has_strangers = has_strangers or _OURS not in place.parents
        known = {place: ", ".join(names) or SOME_PLUGIN for place, names in plugins.items()}
        return cls(known, has_strangers)

    def plugin_behind(self, failure: Failure) -> str | None:
        """Return whose error it was, `None` if it was our own."""
        is_strange = False
        for frame in reversed(failure.frames):
            file = Path(frame[1])
            if (owner := self._owner(file)) is not None:
                return owner
            if _OURS in file.parents:
                return None
            is_strange = is_strange or not _is_library(file)
        is_plugins = self.has_strangers and not is_strange and not _is_our_kind(failure)
        return SOME_PLUGIN if is_plugins else None

    def _owner(self, file: Path) -> str | None:
        """Return what holds a file; the narrowest place knows best."""
        for place in (file, *file.parents):
            if place in self.plugins and _holds(place, file):
                return self.plugins[place]
        return None


def _holds(place: Path, file: Path) -> bool:
    """Whether a file is a plugin's: a virtual environment inside a project is not the project's."""
    if file == place:
        return True
    if _OURS in file.parents and _OURS not in place.parents:
        return False
    return "site-packages" not in file.relative_to(place).parts


def _is_library(file: Path) -> bool:
    """Whether a file is installed, and so does nothing by itself."""
    return (
        not {"site-packages", "dist-packages"}.isdisjoint(file.parts)
        or _STANDARD_LIBRARY in file.parents
        or file.parts[:1] == ("<frozen",)
        or str(file).startswith("<frozen ")
    )


def _is_our_kind(failure: Failure) -> bool:
    module = str(getattr(failure.type, "__module__", ""))
    return module.partition(".")[0] == orgloop.__name__


def _named(definition: ProjectDefinition) -> Iterator[tuple[str, Registration]]:
    for kind, components in (
        ("source", definition.sources),
        ("actor", definition.actors),
        ("logger", definition.loggers),
    ):
        for component in components.values():
            yield f"{kind} {component.id}", component.registration
    transforms: dict[str, Component] = {
        use.id: use for route in definition.routes.values() for use in route.transforms
    }
    for use in transforms.values():
        yield f"transform {use.id}", use.registration


def _places(registration: Registration) -> Iterator[Path]:
    for kind in Kind:
        factory = registration.factory(kind)
        module = str(getattr(factory, "__module__", "")) if factory is not None else ""
        if (place := _place_of(module)) is not None:
            yield place


def _place_of(module: str) -> Path | None:
    """Return where the code of a plugin lies: its package, or its file."""
    root = module.partition(".")[0]
    if root in ("", "builtins"):
        return None
    if root == orgloop.__name__:
        return _built_in(module)
    file = getattr(sys.modules.get(module), "__file__", None)
    try:
        spec = find_spec(root)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        return Path(file) if file else None  # a file of the project, under a name of its own
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin


def _built_in(module: str) -> Path | None:
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return None
    found = Path(file)
    return found if found.parent in _BUILT_IN else found.parent
