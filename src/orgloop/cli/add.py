"""``orgloop add``: write a component or a route that works, with its test."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import click

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
)
from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import one_line, show, show_json
from orgloop.config.model import ProjectDefinition
from orgloop.config.problems import suggestion

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# What is written tests itself with the conformance suites of `orgloop.testing`.
_SUITES = ("pip install pytest pytest-twisted", "pytest tests")


@click.group("add")
@global_options
def command() -> None:
    """Write a component or a route that works as it is, with its test; nothing is overwritten."""


@command.command("connector")
@global_options
@click.argument("name")
@click.pass_obj
def connector(invocation: Invocation, name: str) -> None:
    """Write a source that polls and an actor, and list them in orgloop.yaml."""
    project = _project(invocation)
    taken = {*project.sources, *project.actors}
    _check_new(name, taken)
    _check_new(f"{name}-messages", taken)
    variable = f"{name.replace('-', '_').upper()}_URL"
    steps = [f"set {variable}, and write what its API is like", f"orgloop test --generate {name}"]
    _add(invocation, project, CONNECTOR, name, [*steps, *_SUITES])


@command.command("transform")
@global_options
@click.option("--script", is_flag=True, help="A program in place of a Python class.")
@click.argument("name")
@click.pass_obj
def transform(invocation: Invocation, script: bool, name: str) -> None:
    """Write a transform, and list it in orgloop.yaml."""
    project = _project(invocation)
    _check_new(name, project.transforms)
    use = f"use it in a route: transforms: [{{ref: {name}}}]"
    _add(invocation, project, SCRIPT if script else TRANSFORM, name, [use, *_SUITES])


@command.command("logger")
@global_options
@click.argument("name")
@click.pass_obj
def logger(invocation: Invocation, name: str) -> None:
    """Write a logger, and list it in orgloop.yaml."""
    project = _project(invocation)
    _check_new(name, project.loggers)
    _add(invocation, project, LOGGER, name, list(_SUITES))


@command.command("route")
@global_options
@click.option("--source", metavar="ID", help="Whose events (default: the only source).")
@click.option("--actor", metavar="ID", help="Who is woken (default: the only actor).")
@click.option(
    "--events", metavar="A,B", help="Only these: types, or kinds (provenance.platform_event)."
)
@click.argument("name")
@click.pass_obj
def route(
    invocation: Invocation, source: str | None, actor: str | None, events: str | None, name: str
) -> None:
    """Write a route, what its actor is told (sops/), and a suite that tries it."""
    project = _project(invocation)
    _check_new(name, project.routes)
    made = NewRoute(
        name=name,
        source=_one_of("source", source, {**project.sources, **project.actors}, project.sources),
        actor=_one_of("actor", actor, project.actors, project.actors),
        events=[word.strip() for word in (events or "").split(",") if word.strip()],
    )
    files = made.files()
    _write(project.directory, files)
    steps = ["write what is to be done: sops/", 'orgloop test --suite "tests/*.yaml"']
    _tell(invocation, name, files, [], steps)


def _project(invocation: Invocation) -> ProjectDefinition:
    from orgloop.cli.project import load
    from orgloop.config.problems import ProjectInvalid

    try:
        return load(invocation, has_placeholders=True).project
    except ProjectInvalid as error:
        raise CommandFailed(
            str(error), hint="check it with: orgloop validate", code=Exit.INVALID_PROJECT
        ) from error


def _check_new(name: str, taken: Collection[str]) -> None:
    if not _NAME.fullmatch(name) or len(name) > 60:
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
    invocation: Invocation, project: ProjectDefinition, kind: Kind, name: str, steps: list[str]
) -> None:
    files = component_files(kind, name)
    yaml = next(path for path in files if path.endswith(".yaml"))
    try:
        changed = with_listed(project.file.read_bytes().decode(), kind.key, yaml)
    except CannotList as error:
        raise CommandFailed(
            f"{project.file}: {error}; nothing was written",
            hint=f"write {yaml} into its list `{kind.key}`, as a line of its own, and try again",
        ) from error
    _write(project.directory, files)
    project.file.write_bytes(changed.encode())
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
    invocation: Invocation, name: str, files: Files, changed: list[str], steps: list[str]
) -> None:
    if invocation.json:
        show_json({"name": name, "files": sorted(files), "changed": changed})
        return
    for path in sorted(files):
        show(one_line(path))
    for path in changed:
        show(one_line(f"{path} (changed)"))
    invocation.say("\nNext:\n" + "\n".join(f"  {step}" for step in steps))
