"""``orgloop routes``: the project drawn, from sources through routes to actors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from orgloop.cli.completing import names_of
from orgloop.cli.control import Control, require
from orgloop.cli.failing import CommandFailed
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show, show_json, table
from orgloop.commas import words

Document = dict[str, Any]
_MOST_WARNINGS = 20
_FORMATS = ("text", "json", "mermaid", "dot")


@click.command("routes")
@global_options
@click.option(
    "--source",
    shell_complete=names_of("source", "actor"),
    metavar="ID",
    help="Only what these sources or actors give rise to (a,b).",
)
@click.option(
    "--actor",
    shell_complete=names_of("actor"),
    metavar="ID",
    help="Only what reaches these actors.",
)
@click.option(
    "--route", shell_complete=names_of("route"), metavar="NAME", help="Only these routes."
)
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="text", help="How to draw it."
)
@click.pass_obj
def command(
    invocation: Invocation, source: str | None, actor: str | None, route: str | None, form: str
) -> None:
    """Draw the project: sources, the routes that read them, the actors they reach.

    Needs no runtime; how it all fares is added if one runs. A source that no route reads and an
    actor that no route reaches is a warning. With -q a line a route; with -v their descriptions.
    """
    from orgloop.cli.project import load_to_look_at, not_set
    from orgloop.cli.topology.graph import Choice, topology

    loaded = load_to_look_at(invocation)
    project = loaded.project
    choice = Choice(words(source or ""), words(actor or ""), words(route or ""))
    if unknown := choice.unknown(project):
        raise CommandFailed(
            f"project {project.name} has no {', no '.join(unknown)}",
            hint="see what it has, with: orgloop routes",
        )
    graph = topology(project, choice, not_set(loaded), _live(invocation, project.name))
    _FORMS["json" if invocation.json and form == "text" else form](invocation, graph)
    _warn(invocation, graph["warnings"])


def _warn(invocation: Invocation, warnings: list[Document]) -> None:
    for warning in warnings[:_MOST_WARNINGS]:
        invocation.say(f"warning: {warning['message']}")
    more = len(warnings) - _MOST_WARNINGS
    if more > 0:
        invocation.say(f"and {more} more; orgloop routes --json names them all")


def _live(invocation: Invocation, project: str) -> dict[str, dict[str, Document]] | None:
    """Return how sources, routes and actors fare, by name; `None` unless the project runs."""
    try:
        control = Control.find(invocation.home, timeout_seconds=3.0)
        status = require(control.get("/api/status"))
    except CommandFailed:
        return None
    if project not in (one.get("name") for one in status.get("modules") or []):
        return None
    return {
        kind: {
            str(row.get("name") or row.get("id")): row
            for row in status.get(kind) or []
            if row.get("module") == project
        }
        for kind in ("sources", "routes", "actors")
    }


def _show_text(invocation: Invocation, graph: Document) -> None:
    from orgloop.cli.topology.drawn import drawn

    if invocation.quiet:
        rows = [(one["source"], one["name"], one["actor"]) for one in graph["routes"]]
        show(table(rows, heading=("source", "route", "actor")))
        return
    for line in drawn(graph, detailed=invocation.verbose):
        show(line)


def _show_lines(lines: Iterable[str]) -> None:
    for line in lines:
        show(line)


def _show_mermaid(invocation: Invocation, graph: Document) -> None:
    from orgloop.cli.topology.mermaid import mermaid

    _show_lines(mermaid(graph))


def _show_dot(invocation: Invocation, graph: Document) -> None:
    from orgloop.cli.topology.dot import dot

    _show_lines(dot(graph))


_FORMS: dict[str, Callable[[Invocation, Document], None]] = {
    "text": _show_text,
    "json": lambda invocation, graph: show_json(graph),
    "mermaid": _show_mermaid,
    "dot": _show_dot,
}
