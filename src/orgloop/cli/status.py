"""``orgloop status``: show what runs."""

from __future__ import annotations

import json
from typing import Any

import click

from orgloop.cli.control import Control, require
from orgloop.cli.failing import Exit, NothingRuns
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import one_line, show, show_json, table
from orgloop.storage.home import Home

_RECENT = 5


@click.command("status")
@global_options
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Show what runs: health, sources, actors, routes, recent events.

    With --json, the body of GET /api/status, or {"running": false} with exit code 3.
    """
    try:
        control = Control.find(invocation.home, invocation.environ)
    except NothingRuns:
        if invocation.json:
            show_json({"running": False})
            raise SystemExit(Exit.NOTHING_RUNS) from None
        _say_what_ran(invocation)
        raise
    status = require(control.get("/api/status"))
    if invocation.json:
        show_json(status)
        return
    _show_summary(status)
    _show_components(status)
    _show_routes(require(control.get("/api/routes")))
    _show_events(require(control.get("/api/events", limit=_RECENT)))


def _show_summary(status: dict[str, Any]) -> None:
    names = ", ".join(one_line(module.get("name")) for module in status.get("modules", []))
    health = one_line(status.get("health"))
    show(f"{names or 'no project'}: {health}")
    uptime = duration(status.get("uptime_ms") or 0)
    show(f"process {status.get('pid')}, up {uptime}, http://127.0.0.1:{status.get('http_port')}")


def _show_components(status: dict[str, Any]) -> None:
    sources = [
        (
            source.get("id"),
            source.get("connector"),
            source.get("status"),
            source.get("event_count"),
            source.get("last_event"),
        )
        for source in status.get("sources", [])
    ]
    _section("sources", sources, ("source", "connector", "status", "events", "last event"))
    actors = [
        (
            actor.get("id"),
            actor.get("status") or actor.get("state"),
            actor.get("open"),
            actor.get("delivered"),
            actor.get("dead"),
        )
        for actor in status.get("actors", [])
    ]
    _section("actors", actors, ("actor", "status", "open", "delivered", "dead"))


def _show_routes(routes: list[dict[str, Any]]) -> None:
    rows = [
        (route.get("name"), route.get("actor"), route.get("fire_count"), route.get("last_fired"))
        for route in routes
    ]
    _section("routes", rows, ("route", "actor", "matched", "last"))


def _show_events(events: list[dict[str, Any]]) -> None:
    rows = [
        (event.get("timestamp"), event.get("source"), event.get("type"), event.get("event_id"))
        for event in events
    ]
    _section("recent events", rows, ("time", "source", "type", "event"))


def _section(name: str, rows: list[tuple[Any, ...]], heading: tuple[str, ...]) -> None:
    show()
    show(table(rows, heading=heading) if rows else f"no {name}")


def duration(milliseconds: float) -> str:
    """Write a length of time with its two largest units."""
    seconds = int(milliseconds // 1000)
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m")]
    shown = [f"{count}{unit}" for count, unit in [*parts, (seconds % 60, "s")] if count]
    return "".join(shown[:2]) or "0s"


def _say_what_ran(invocation: Invocation) -> None:
    """Say what the last runtime had, from the snapshot it left."""
    try:
        state = json.loads(Home(invocation.home).state.read_bytes())
    except (OSError, ValueError):
        return
    if isinstance(state, dict) and (name := state.get("project") or state.get("name")):
        invocation.say(f"last ran: {one_line(name)}")
