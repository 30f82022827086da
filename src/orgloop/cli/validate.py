"""``orgloop validate``: check the project, and report everything at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.look import Painted, line, style
from orgloop.cli.output import show, show_json, show_prose

if TYPE_CHECKING:
    from orgloop.config.problems import Problem


@click.command("validate")
@global_options
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Check the project: every mistake at once, each with its place and what to do.

    Exit code 4 if there is an error. Nothing is started and nothing is written.
    """
    name, problems = _load(invocation)
    errors = sum(problem.severity == "error" for problem in problems)
    if invocation.json:
        listed = [_document(problem) for problem in problems]
        show_json({"valid": not errors, "project": name, "problems": listed})
    else:
        _report(invocation, name, problems)
    if errors:
        if not invocation.json:
            invocation.say(f"{errors} {'error' if errors == 1 else 'errors'}")
        raise SystemExit(Exit.INVALID_PROJECT)


def _load(invocation: Invocation) -> tuple[str | None, tuple[Problem, ...]]:
    # Late: `--help` needs nothing that reads projects.
    from orgloop.cli.project import load
    from orgloop.config.problems import ProjectInvalid

    try:
        loaded = load(invocation, strict=True)
    except ProjectInvalid as error:
        return None, error.problems
    return loaded.project.name, loaded.problems


def _report(invocation: Invocation, name: str | None, problems: tuple[Problem, ...]) -> None:
    """Errors are what was asked for; warnings and notes are said beside them."""
    for problem in problems:
        if problem.severity == "error":
            show_prose(_told(problem))
        else:
            invocation.say(f"{problem.severity}: {problem}")
    if name is not None:
        show(line(style(name, "strong"), " is ", style("valid", "good")))


def _told(problem: Problem) -> Painted:
    """Write an error on one line: where, what, what to do."""
    at = "" if problem.place is None else str(problem.place)
    said = str(problem)
    if not at or not said.startswith(at):
        return line(said)
    return line(style(at, "id"), said.removeprefix(at))


def _document(problem: Problem) -> dict[str, Any]:
    place = problem.place
    return {
        "severity": problem.severity,
        "file": str(place.file) if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "path": problem.path,
        "message": problem.what,
        "remedy": problem.remedy,
    }
