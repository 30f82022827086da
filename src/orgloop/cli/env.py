"""``orgloop env``: which variables the project needs, and which of them are set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click
from attrs import frozen

from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.look import Meaning, line, style
from orgloop.cli.output import one_line, show, show_json, show_prose

if TYPE_CHECKING:
    from orgloop.config.problems import Problem
    from orgloop.config.variables import VariableUse


@frozen
class Needs:
    """What a project asks of its environment, as far as it can be read."""

    variables: list[dict[str, Any]]
    other_errors: int
    """How many errors there are besides missing variables."""

    @property
    def missing(self) -> list[str]:
        return [one["name"] for one in self.variables if one["status"] == "missing"]

    def document(self) -> dict[str, Any]:
        return {"missing": self.missing, "variables": self.variables}


@click.group("env", invoke_without_command=True)
@global_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the variables that the project needs: set or not, what for, where to get them.

    Values are never shown. Exit code 4 if the project has other mistakes than missing variables.
    """
    if ctx.invoked_subcommand is None:
        needs = _list(ctx.ensure_object(Invocation))
        if needs.other_errors:
            raise SystemExit(Exit.INVALID_PROJECT)


@command.command("check")
@global_options
@click.pass_obj
def check(invocation: Invocation) -> None:
    """The same, and exit code 1 if a variable is missing."""
    needs = _list(invocation)
    if needs.missing:
        raise CommandFailed(
            f"not set: {', '.join(needs.missing)}",
            hint="set them in the environment, or in .env beside orgloop.yaml",
        )
    if needs.other_errors:
        raise SystemExit(Exit.INVALID_PROJECT)


def _list(invocation: Invocation) -> Needs:
    needs = needs_of(invocation)
    if invocation.json:
        show_json(needs.document())
    elif not needs.variables and not needs.other_errors:
        show("the project needs no variables")
    else:
        for one in needs.variables:
            show_variable(one)
    if needs.other_errors:
        invocation.say(
            "the project has errors, so this list may be incomplete; see: orgloop validate"
        )
    return needs


def needs_of(invocation: Invocation) -> Needs:
    """Read what the project of ``-c`` asks of its environment, as far as it can be read."""
    # Late: `--help` needs nothing that reads projects.
    from orgloop.cli.project import load
    from orgloop.config.problems import ProjectInvalid

    errors: Sequence[Problem] = ()
    try:
        uses = load(invocation).variables
    except ProjectInvalid as error:
        errors, uses = error.errors, error.variables
        if all(one.place is None for one in errors):
            raise CommandFailed(str(error), code=Exit.INVALID_PROJECT) from error
    return Needs(_by_name(uses, invocation), _besides(errors, uses))


def _besides(errors: Iterable[Problem], uses: Iterable[VariableUse]) -> int:
    """Count the errors that are not about a missing variable."""
    missing = {str(use.place) for use in uses if use.is_missing}
    return sum(str(error.place) not in missing for error in errors)


def _by_name(uses: Iterable[VariableUse], invocation: Invocation) -> list[dict[str, Any]]:
    by_name: dict[str, list[VariableUse]] = {}
    for use in uses:
        if use.place is not None:  # else it is a setting that the variable itself makes
            by_name.setdefault(use.name, []).append(use)
    return [_variable(name, by_name[name], invocation) for name in sorted(by_name)]


def _variable(name: str, uses: list[VariableUse], invocation: Invocation) -> dict[str, Any]:
    if uses[0].is_set:
        status = "set"
    elif any(use.is_missing for use in uses):
        status = "missing"
    else:
        status = "default" if any(use.has_default for use in uses) else "optional"
    is_ours = name in invocation.environ
    places = {(str(use.place), use.component): use for use in uses}
    return {
        "name": name,
        "status": status,
        "set": uses[0].is_set,
        "from": None if status != "set" else "environment" if is_ours else ".env",
        "stops_start": any(use.stops_start and use.is_missing for use in uses),
        "description": next((use.description for use in uses if use.description), ""),
        "where": next((use.where for use in uses if use.where), ""),
        "used_by": [_use(use) for use in places.values()],
    }


def _use(use: VariableUse) -> dict[str, Any]:
    assert use.place is not None
    return {
        "component": use.component,
        "file": str(use.place.file),
        "line": use.place.line,
        "column": use.place.column,
        "path": use.place.path,
    }


def show_variable(one: dict[str, Any]) -> None:
    """Show one of `Needs.variables`: whether it is set, what for, where to get it, who uses it."""
    status = style(_told(one), _MEANINGS[one["status"]])
    show_prose(line(style(one["name"], "strong"), ": ", status))
    if one["description"]:
        show_prose(one_line(f"  {one['description']}"))
    if one["where"]:
        show_prose(one_line(f"  get one: {one['where']}"))
    for use in one["used_by"]:
        who = use["component"] or "the project"
        show_prose(one_line(f"  {who}, {use['file']}:{use['line']} {use['path']}".rstrip()))


_MEANINGS: dict[str, Meaning] = {
    "set": "good",
    "missing": "bad",
    "default": "dim",
    "optional": "dim",
}


def _told(one: dict[str, Any]) -> str:
    return {
        "set": f"set in the {one['from']}" if one["from"] == "environment" else "set in .env",
        "missing": "NOT SET" + (", and the project cannot start" if one["stops_start"] else ""),
        "default": "not set, has a default",
        "optional": "not set, not needed here",
    }[one["status"]]
