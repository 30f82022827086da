"""``orgloop inspect``: everything known about one source, actor or route."""

from __future__ import annotations

import json
from typing import Any

import click

from orgloop.cli.cells import cell, table_of
from orgloop.cli.completing import names_of
from orgloop.cli.control import Control, require
from orgloop.cli.failing import CommandFailed, Exit, NothingRuns
from orgloop.cli.filters import PROJECT
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.look import line, lines, style
from orgloop.cli.output import show, show_json

_KINDS = ("source", "actor", "route")
_SETTING_COLUMNS = {"setting": "setting", "value": "value", "from": "from"}
Document = dict[str, Any]


@click.command("inspect")
@global_options
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("name", shell_complete=names_of())
@PROJECT
@click.pass_obj
def command(invocation: Invocation, kind: str, name: str, project: str | None) -> None:
    """Show all that is known of one source, actor or route, effective settings included.

    What the project says of it needs no runtime; how it fares is added if one runs.
    """
    running = _running(invocation)
    live = None if running is None else _live(running, kind, name, project)
    document = _configured(invocation, kind, name, project, must=live is None)
    if live is not None and document and live.get("module") != document.get("project"):
        live = None  # what runs there is another project
    document = {"kind": kind, "name": name, **document, "live": live}
    if invocation.json:
        show_json(document)
    else:
        _show(document)


def _running(invocation: Invocation) -> Control | None:
    try:
        return Control.find(invocation.home)
    except NothingRuns:
        return None


def _live(control: Control, kind: str, name: str, project: str | None) -> Document | None:
    """Return how it fares, `None` if the runtime does not know it."""
    key = "name" if kind == "route" else "id"
    found: list[Document] = [
        row
        for row in require(control.get(f"/api/{kind}s"))
        if row.get(key) == name and project in (None, row.get("module"))
    ]
    if len(found) > 1:
        names = ", ".join(str(row.get("module")) for row in found)
        raise CommandFailed(
            f"{kind} {name!r} is there in more than one project ({names})",
            hint="add --project with the name of one of them",
        )
    if not found or kind != "source":
        return found[0] if found else None
    kept = require(control.get("/api/checkpoints", project=found[0].get("module")))
    position = [row["checkpoint"] for row in kept if row["source"] == name]
    return {**found[0], "checkpoint": position[0] if position else None}


def _configured(
    invocation: Invocation, kind: str, name: str, project: str | None, *, must: bool
) -> Document:
    """Return what the project says; nothing if there is none and it need not be.

    Raises `CommandFailed` if neither the project nor a runtime knows it.
    """
    from orgloop.cli.inspection import inspected, known
    from orgloop.cli.project import project_of

    try:
        definition = project_of(invocation)
    except CommandFailed:
        if must:
            raise
        return {}
    found = inspected(definition, kind, name) if project in (None, definition.name) else None
    if found is None and must:
        raise CommandFailed(
            f"project {definition.name} has no {kind} {name!r}",
            hint=f"there are: {', '.join(known(definition, kind)) or 'none'}",
            code=Exit.FAILED,
        )
    return found or {}


def _show(document: Document) -> None:
    show(line(document["kind"], " ", style(document["name"], "strong")))
    for name, value in document.items():
        if name not in ("kind", "name", "delivery", "live"):
            _show_fact(name, value)
    if document.get("delivery"):
        settings = table_of(document["delivery"], _SETTING_COLUMNS, indent="  ")
        show(lines(line(), style("delivery", "strong"), settings))
    heading = "live" if document["live"] else "nothing runs, or not with this project"
    show(lines(line(), style(heading, "strong")))
    for name, value in (document["live"] or {}).items():
        if name not in ("id", "name", "module", "description", "delivery", "when"):
            _show_fact(name, value, indent="  ")


def _show_fact(name: str, value: object, *, indent: str = "") -> None:
    if value in (None, "", [], {}):
        return
    is_plain = isinstance(value, str | int | float) or _is_list_of_names(value)
    written = cell(name, value if is_plain else json.dumps(value, ensure_ascii=False))
    show(line(indent, style(f"{name}:", "dim"), " ", written))


def _is_list_of_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
