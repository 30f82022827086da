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
_COUNTED = ("matched", "waiting", "delivering", "held", "inbox", "dead", "rejected")

# Heading to key of the API's answer.
_SOURCE_COLUMNS = {
    "source": "id",
    "connector": "connector",
    "status": "status",
    "events 24 h": "events_24h",
    "last event": "last_event",
    "last poll": "last_poll",
    "errors": "error_count",
}
_ACTOR_COLUMNS = {
    "actor": "id",
    "connector": "connector",
    "status": "status",
    "waiting": "waiting",
    "open": "open",
    "delivered": "delivered",
    "dead": "dead",
    "why": "reason",
}
_ROUTE_COLUMNS = {
    "route": "name",
    "actor": "actor",
    "matched": "fire_count",
    "last": "last_fired",
}
_EVENT_COLUMNS = {
    "time": "accepted_at",
    "event": "event_id",
    "source": "source",
    "type": "type",
}


@click.command("status")
@global_options
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Show what runs: health, sources, actors, routes, recent events.

    With --json, the body of GET /api/status, or {"running": false} with exit code 3.
    """
    try:
        control = Control.find(invocation.home)
    except NothingRuns:
        if invocation.json:
            show_json({"running": False})
            raise SystemExit(Exit.NOTHING_RUNS) from None
        _show_what_ran(Home(invocation.home))
        raise
    status = require(control.get("/api/status"))
    if invocation.json:
        show_json(status)
        return
    _show_summary(status, control.url)
    _show_components(status)
    _section("recent events", require(control.get("/api/events", limit=_RECENT)), _EVENT_COLUMNS)


def _show_summary(status: dict[str, Any], url: str) -> None:
    names = ", ".join(one_line(module.get("name")) for module in status.get("modules", []))
    health = one_line(status.get("health"))
    show(f"{names or 'no project'}: {health}")
    uptime = duration(status.get("uptime_ms") or 0)
    show(f"process {status.get('pid')}, up {uptime}, {url}")
    deliveries = status.get("deliveries") or {}
    counts = {name: deliveries.get(name) or 0 for name in _COUNTED}
    counts["orphaned"] = status.get("orphaned") or 0
    show(", ".join(f"{count} {name}" for name, count in counts.items()))
    for actor in status.get("actors") or []:
        if actor.get("status") == "degraded":
            show(_trouble(actor))


def _trouble(actor: dict[str, Any]) -> str:
    retry_in = (actor.get("circuit") or {}).get("retry_in_ms")
    again = "" if retry_in is None else f"; it is tried again in {duration(retry_in)}"
    return (
        f"actor {one_line(actor.get('id'))} is degraded, {actor.get('waiting')} wait: "
        f"{one_line(actor.get('reason'))}{again}"
    )


def _show_components(status: dict[str, Any]) -> None:
    _section("sources", status.get("sources"), _SOURCE_COLUMNS)
    _section("actors", status.get("actors"), _ACTOR_COLUMNS)
    _section("routes", status.get("routes"), _ROUTE_COLUMNS)


def _section(name: str, rows: list[dict[str, Any]] | None, columns: dict[str, str]) -> None:
    show()
    if not rows:
        show(f"no {name}")
        return
    cells = [[row.get(key) for key in columns.values()] for row in rows]
    show(table(cells, heading=list(columns)))


def duration(milliseconds: float) -> str:
    """Write a length of time with its two largest units."""
    seconds = int(milliseconds // 1000)
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m")]
    shown = [f"{count}{unit}" for count, unit in [*parts, (seconds % 60, "s")] if count]
    return "".join(shown[:2]) or "0s"


def _show_what_ran(home: Home) -> None:
    """Show what the last runtime had, from the snapshot it left."""
    for project in _last_projects(home):
        show(f"last ran: {one_line(project.get('name'))} ({one_line(project.get('file'))})")
        for kind in ("sources", "actors", "routes"):
            named = project.get(kind)
            names = map(one_line, named) if isinstance(named, dict) else ()
            show(f"  {kind}: {', '.join(names) or '-'}")


def _last_projects(home: Home) -> list[dict[str, Any]]:
    try:
        state = json.loads(home.state.read_bytes())
    except (OSError, ValueError):
        return []
    projects = state.get("projects") if isinstance(state, dict) else None
    listed = projects if isinstance(projects, list) else []
    return [one for one in listed if isinstance(one, dict)]
