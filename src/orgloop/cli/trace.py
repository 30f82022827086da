"""``orgloop trace``: show one event's whole way, from its causes to its effects."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import click

from orgloop.cli.control import Control, require
from orgloop.cli.failing import CommandFailed
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import one_line, show, show_json, table

_NOT_FOUND = 404


@click.command("trace")
@global_options
@click.argument("event")
@click.pass_obj
def command(invocation: Invocation, event: str) -> None:
    """Show the whole way of EVENT: causes, matches, transforms, attempts, effects, with times."""
    control = Control.find(invocation.home)
    answer = control.get(f"/api/events/{quote(event, safe='', errors='replace')}")
    if answer.status == _NOT_FOUND:
        raise CommandFailed(
            f"no event {event!r} is held", hint="see which are, with: orgloop events"
        )
    trace = require(answer)
    if invocation.json:
        show_json(trace)
        return
    show(_line(trace))
    show(
        f"accepted {one_line(trace.get('accepted_at'))}, {one_line(trace.get('state'))}, "
        f"trace {one_line(trace.get('trace_id'))}, depth {one_line(trace.get('depth'))}"
    )
    _show_chain("caused by", trace.get("causes") or [])
    _show_deliveries(trace.get("deliveries") or [])
    _show_phases(trace.get("phases") or [])
    _show_chain("gave rise to", trace.get("effects") or [])


def _line(event: dict[str, Any]) -> str:
    parts = [event.get("event_id"), event.get("type"), event.get("source")]
    if event.get("damaged"):
        parts.append("(damaged)")
    if event.get("platform_event"):
        parts.append(event["platform_event"])
    return "  ".join(one_line(part) for part in parts)


def _show_chain(heading: str, events: list[dict[str, Any]]) -> None:
    if events:
        show(f"\n{heading}")
        _show_tree(events, "  ")


def _show_tree(events: list[dict[str, Any]], indent: str) -> None:
    for event in events:
        show(indent + _line(event))
        _show_tree(event.get("effects") or [], indent + "  ")


def _show_deliveries(deliveries: list[dict[str, Any]]) -> None:
    if deliveries:
        noted = [{**row, "note": _note(row)} for row in deliveries]
        rows = [[row.get(key) for key in _DELIVERY_COLUMNS.values()] for row in noted]
        show("\n" + table(rows, heading=list(_DELIVERY_COLUMNS)))


def _note(delivery: dict[str, Any]) -> str:
    """Say what tells a delivery from others along the same route."""
    notes = [word for word in ("replay", "batch") if delivery.get(word)]
    if delivery.get("into"):
        notes.append(f"in {delivery['into']}")
    return ", ".join(notes)


def _show_phases(phases: list[dict[str, Any]]) -> None:
    if phases:
        rows = [[phase.get(key) for key in _PHASE_COLUMNS.values()] for phase in phases]
        show("\n" + table(rows, heading=list(_PHASE_COLUMNS)))


# Heading to key of the API's answer.
_DELIVERY_COLUMNS = {
    "delivery": "id",
    "route": "route",
    "actor": "actor",
    "state": "state",
    "attempts": "attempts",
    "note": "note",
    "why": "error",
}
_PHASE_COLUMNS = {
    "time": "timestamp",
    "phase": "phase",
    "route": "route",
    "actor": "actor",
    "transform": "transform",
    "took ms": "duration_ms",
    "why": "error",
}
