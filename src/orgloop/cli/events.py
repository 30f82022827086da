"""``orgloop events``: list the events that came in."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from orgloop.cli.books import Books
from orgloop.cli.cells import table_of
from orgloop.cli.completing import names_of
from orgloop.cli.control import Answer, require
from orgloop.cli.entries.names import say_slips
from orgloop.cli.filters import PROJECT, SINCE, UNTIL
from orgloop.cli.interrupting import until_ctrl_c
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.more import say_there_is_more
from orgloop.cli.output import show, show_ids, show_json
from orgloop.cli.states import OPEN, SETTLED, UNROUTED, States
from orgloop.cli.watching import WATCH, watch

_COLUMNS = {
    "time": "timestamp",
    "event": "event_id",
    "source": "source",
    "type": "type",
    "routes": "matched_routes",
}
_STATES = (*OPEN, *SETTLED, *UNROUTED)


@click.command("events")
@global_options
@click.option(
    "--source",
    shell_complete=names_of("source", "actor"),
    metavar="ID",
    help="Only of these sources (a,b).",
)
@click.option(
    "--route",
    shell_complete=names_of("route"),
    metavar="NAME",
    help="Only what these routes matched.",
)
@click.option("--type", "event_type", metavar="TYPE", help="Only of these types.")
@click.option(
    "--state", type=States(_STATES), metavar="STATE", help="Only with deliveries in these states."
)
@click.option("--find", metavar="TEXT", help="Only with this text anywhere in the event.")
@SINCE
@UNTIL
@PROJECT
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many."
)
@WATCH
@click.pass_obj
def command(
    invocation: Invocation,
    /,
    event_type: str | None,
    since: str | None,
    until: str | None,
    is_watched: bool,
    **query: Any,
) -> None:
    """List the events that came in, newest first."""
    query |= {"type": event_type, "from_": since, "to": until}
    look = partial(_show, invocation, query, goes_back=not is_watched)
    watch(invocation, look, is_watched=is_watched)


def _show(invocation: Invocation, query: dict[str, Any], *, goes_back: bool) -> None:
    """Show the newest; ``goes_back`` searches all that there are, which is too much to repeat."""
    events, answer = _found(invocation, query) if goes_back else _newest(invocation, query)
    if invocation.json:
        show_json(events)
    elif invocation.quiet:
        show_ids(events, "event_id")
    elif not events:
        invocation.say(f"no events{' among the newest' if answer.next_page else ''}")
        say_slips(invocation, source=query["source"], route=query["route"])
    else:
        show(table_of(events, _COLUMNS, exact=invocation.verbose))
        invocation.suggest("what became of one: orgloop trace EVENT")
    say_there_is_more(invocation, answer)


def _newest(invocation: Invocation, query: dict[str, Any]) -> tuple[list[Any], Answer]:
    answer = Books.find(invocation).get("/api/events", **query)
    return list(require(answer)), answer


def _found(invocation: Invocation, query: dict[str, Any]) -> tuple[list[Any], Answer]:
    """Return the events, and the last answer; a page of what is rare may hold none of them."""
    books, most = Books.find(invocation), int(query["limit"])
    answer = books.get("/api/events", **query)
    events = list(require(answer))
    if answer.next_page is not None and len(events) < most:
        invocation.say("looking further back (Ctrl+C ends)")
    with until_ctrl_c():
        while len(events) < most and (further := books.after(answer)) is not None:
            answer = further
            events += require(answer)
    return events[:most], answer
