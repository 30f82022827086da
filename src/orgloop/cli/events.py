"""``orgloop events``: list the events that came in."""

from __future__ import annotations

import click

from orgloop.cli.control import Control, require
from orgloop.cli.filters import PROJECT, SINCE, UNTIL
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.more import say_there_is_more
from orgloop.cli.output import show, show_json, table
from orgloop.cli.states import OPEN, SETTLED, UNROUTED, States

_STATES = (*OPEN, *SETTLED, *UNROUTED)


@click.command("events")
@global_options
@click.option("--source", metavar="ID", help="Only of these sources (a,b).")
@click.option("--route", metavar="NAME", help="Only what these routes matched.")
@click.option("--type", "event_type", metavar="TYPE", help="Only of these types.")
@click.option(
    "--state", type=States(_STATES), metavar="STATE", help="Only with deliveries in these states."
)
@SINCE
@UNTIL
@PROJECT
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many."
)
@click.pass_obj
def command(
    invocation: Invocation,
    source: str | None,
    route: str | None,
    event_type: str | None,
    state: str | None,
    since: str | None,
    until: str | None,
    project: str | None,
    limit: int,
) -> None:
    """List the events that came in, newest first."""
    control = Control.find(invocation.home)
    answer = control.get(
        "/api/events",
        source=source,
        route=route,
        type=event_type,
        state=state,
        from_=since,
        to=until,
        project=project,
        limit=limit,
    )
    events = require(answer)
    if invocation.json:
        show_json(events)
    elif not events:
        invocation.say("no events")
    else:
        rows = [
            (
                event.get("timestamp"),
                event.get("event_id"),
                event.get("source"),
                event.get("type"),
                ", ".join(event.get("matched_routes") or []),
            )
            for event in events
        ]
        show(table(rows, heading=("time", "event", "source", "type", "routes")))
    say_there_is_more(invocation, answer)
