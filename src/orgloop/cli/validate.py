"""``orgloop validate``: check the project, and report everything at once."""

from __future__ import annotations

from typing import Any

import click

from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show, show_json
from orgloop.config.problems import Problem, ProjectInvalid


@click.command("validate")
@global_options
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Check the project: every mistake at once, each with its place and what to do.

    Exit code 4 if there is an error. Nothing is started and nothing is written.
    """
    try:
        name, problems = _load(invocation)
    except ProjectInvalid as error:
        name, problems = None, error.problems
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


def _load(invocation: Invocation) -> tuple[str, tuple[Problem, ...]]:
    from orgloop.cli.project import load

    loaded = load(invocation, strict=True)
    return loaded.project.name, loaded.problems


def _report(invocation: Invocation, name: str | None, problems: tuple[Problem, ...]) -> None:
    """Errors are what was asked for; warnings and notes are said beside them."""
    for problem in problems:
        if problem.severity == "error":
            show(str(problem))
        else:
            invocation.say(f"{problem.severity}: {problem}")
    if name is not None:
        show(f"{name} is valid")


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
