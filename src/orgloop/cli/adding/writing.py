"""Write what ``orgloop add`` is asked for into a project, and say what comes next."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from orgloop.cli.adding.listing import CannotList, with_listed
from orgloop.cli.adding.routes import NewRoute
from orgloop.cli.adding.scaffolding import (
    CONNECTOR,
    LOGGER,
    SCRIPT,
    TRANSFORM,
    Files,
    Kind,
    component_files,
    module_of,
)
from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.output import one_line, show, show_json
from orgloop.cli.project import load
from orgloop.config.model import ProjectDefinition
from orgloop.config.problems import ProjectInvalid, suggestion
from orgloop.connectors.coding_agent.installation.settings import BrokenSettings
from orgloop.connectors.coding_agent.installation.textfile import replace_text

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_NAME = 60
# What is written tests itself with the conformance suites of `orgloop.testing`.
_TESTING = ("pip install pytest pytest-twisted", "pytest tests")


def add_connector(invocation: Invocation, name: str) -> None:
    """Write a source and an actor; raise `CommandFailed` if one of their names is taken."""
    project = _project(invocation)
    taken = {*project.sources, *project.actors}
    _check_new(name, taken)
    _check_new(f"{name}-messages", taken)
    url = f"{module_of(name).upper()}_URL"
    steps = [f"set {url}, and write what its API is like", f"orgloop test --generate {name}"]
    _add(invocation, project, CONNECTOR, name, [*steps, *_TESTING])


def add_transform(invocation: Invocation, name: str, *, is_script: bool) -> None:
    """Write a transform, as a class or as a program."""
    project = _project(invocation)
    _check_new(name, project.transforms)
    use = f"use it in a route: transforms: [{{ref: {name}}}]"
    _add(invocation, project, SCRIPT if is_script else TRANSFORM, name, [use, *_TESTING])


def add_logger(invocation: Invocation, name: str) -> None:
    """Write a logger."""
    project = _project(invocation)
    _check_new(name, project.loggers)
    _add(invocation, project, LOGGER, name, _TESTING)


def add_route(
    invocation: Invocation,
    name: str,
    *,
    source: str | None,
    actor: str | None,
    events: Sequence[str],
) -> None:
    """Write a route, its prompt and its suite; who is not named is the only one there is."""
    project = _project(invocation)
    _check_new(name, project.routes)
    made = NewRoute(
        name=name,
        source=_one_of("source", source, {**project.sources, **project.actors}, project.sources),
        actor=_one_of("actor", actor, project.actors, project.actors),
        events=events,
    )
    files = made.files()
    _write(project.directory, files)
    prompt = next(path for path in files if path.endswith(".md"))
    steps = [f"write what is to be done: {prompt}", 'orgloop test --suite "tests/*.yaml"']
    _tell(invocation, name, files, [], steps)


def _project(invocation: Invocation) -> ProjectDefinition:
    try:
        return load(invocation, has_placeholders=True).project
    except ProjectInvalid as error:
        raise CommandFailed(
            str(error), hint="check it with: orgloop validate", code=Exit.INVALID_PROJECT
        ) from error


def _check_new(name: str, taken: Collection[str]) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise CommandFailed(
            f"{name!r} cannot be the name of a file and a class",
            hint="use lower-case letters and digits, with - between words, as in my-tracker",
            code=Exit.USAGE,
        )
    if name in taken:
        raise CommandFailed(
            f"the project has a {name!r} already; nothing was written", hint="choose another name"
        )


def _one_of(
    kind: str, named: str | None, known: Mapping[str, object], usual: Mapping[str, object]
) -> str:
    if named is None and len(usual) == 1:
        return next(iter(usual))
    if named is not None and named in known:
        return named
    what = f"the project has no {kind} {named!r}" if named else f"say which {kind}: --{kind} ID"
    raise CommandFailed(what, hint=suggestion(named or "", known), code=Exit.USAGE)


def _add(
    invocation: Invocation, project: ProjectDefinition, kind: Kind, name: str, steps: Sequence[str]
) -> None:
    files = component_files(kind, name)
    yaml = next(path for path in files if path.endswith(".yaml"))
    before = project.file.read_bytes().decode()
    try:
        changed = with_listed(before, kind.key, yaml)
    except CannotList as error:
        raise CommandFailed(
            f"{project.file}: {error}; nothing was written",
            hint=f"write {yaml} into its list `{kind.key}`, as a line of its own, and try again",
        ) from error
    _write(project.directory, files)
    try:
        replace_text(project.file, before, changed)
    except BrokenSettings as error:
        raise CommandFailed(
            f"{project.file}: {error}; what {yaml} defines is written and not listed",
            hint=f"write {yaml} into its list `{kind.key}`, as a line of its own",
        ) from error
    _tell(invocation, name, files, [project.file.name], steps)


def _write(directory: Path, files: Files) -> None:
    for path in files:
        if (directory / path).exists():
            raise CommandFailed(
                f"{directory / path} is there already; nothing was written",
                hint="choose another name",
            )
    for path, text in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
        if path.endswith(".sh"):
            file.chmod(0o755)


def _tell(
    invocation: Invocation, name: str, files: Files, changed: list[str], steps: Sequence[str]
) -> None:
    if invocation.json:
        show_json({"name": name, "files": sorted(files), "changed": changed})
        return
    for path in sorted(files):
        show(one_line(path))
    for path in changed:
        show(one_line(f"{path} (changed)"))
    invocation.say("\nNext:\n" + "\n".join(f"  {step}" for step in steps))
