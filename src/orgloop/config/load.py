"""Load a project: from a directory of YAML to a typed definition, or every reason why not."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from orgloop.config.components import Builder
from orgloop.config.files import find_project, project_file
from orgloop.config.missing import report_missing
from orgloop.config.model import ProjectDefinition
from orgloop.config.problems import Problem, ProjectInvalid
from orgloop.config.project import read_project
from orgloop.config.reading import Reading
from orgloop.config.variables import Variables, VariableUse, read_dotenv
from orgloop.paths import absolute
from orgloop.plugins.catalogue import Catalogue

__all__ = ["Loaded", "find_project", "load_project"]


@frozen
class Loaded:
    """A project that can be run, and what is worth knowing about it."""

    project: ProjectDefinition
    problems: tuple[Problem, ...] = ()
    """Warnings and notes."""
    variables: tuple[VariableUse, ...] = ()
    """Every use of a variable, with or without a value, and what plugins ask for."""


def load_project(
    path: Path,
    *,
    environ: Mapping[str, str],
    home: Path,
    catalogue: Catalogue,
    fingerprint_key: bytes = b"",
    strict: bool = False,
    has_placeholders: bool = False,
) -> Loaded:
    """Load the project whose ``orgloop.yaml`` (or directory) ``path`` is.

    Settings of the runtime come from ``environ`` (``ORGLOOP_PORT`` and the like), else from the
    project, else from ``config.yaml`` in ``home``. With ``strict`` (for ``validate``) missing
    variables and prompt files are errors; without, only a variable that the start needs is one.
    ``has_placeholders`` is for who starts nothing: the name of a variable that has no value, in
    angle brackets, is taken for one, and a component that this does not fit is unavailable.
    ``fingerprint_key`` keys the hashes in `Component.fingerprint`.

    Raises `ProjectInvalid` with everything that is wrong.
    """
    file = project_file(path)
    reading = begin_reading(file, environ, home, has_placeholders=has_placeholders)
    with _without_collection():
        project = read_project(file, Builder(reading, catalogue, fingerprint_key), strict=strict)
    report_missing(reading, strict=strict)
    problems = tuple(reading.findings.sorted())
    uses = (*reading.uses, *reading.wanted)
    if project is None or any(problem.severity == "error" for problem in problems):
        raise ProjectInvalid(problems, uses)
    return Loaded(project, problems, uses)


def begin_reading(
    file: Path, environ: Mapping[str, str], home: Path, *, has_placeholders: bool = False
) -> Reading:
    """Return a reading for a project's files, with the variables as they are now."""
    user_home = environ.get("HOME")
    reading = Reading(
        variables=Variables(environ),
        home=home.absolute(),
        user_home=Path(user_home or absolute("~")),
        project_directory=file.parent,
    )
    dotenv = read_dotenv(file.parent / ".env", reading.findings)
    reading.variables = Variables(environ, dotenv, has_placeholders)
    return reading


@contextmanager
def _without_collection() -> Iterator[None]:
    """Keep the garbage collector from going through half a million new nodes again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
