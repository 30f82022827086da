"""``orgloop audit``: what went to whom, because of what, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from orgloop.cli.books import Books
from orgloop.cli.cells import table_of
from orgloop.cli.completing import EVENTS, names_of
from orgloop.cli.control import require
from orgloop.cli.filters import LIMIT, PROJECT, SINCE, UNTIL
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.more import say_there_is_more
from orgloop.cli.output import show, show_ids
from orgloop.cli.states import SETTLED, States
from orgloop.printable import printable_json

_PAGE = 500  # of an export: a larger one would hold up what else the runtime has to do
_COLUMNS = {
    "settled": "settled_at",
    "event": "event_id",
    "route": "route",
    "actor": "actor",
    "outcome": "outcome",
    "attempts": "attempts",
    "took": "duration_ms",
    "depth": "depth",
    "prompt": "prompt_file",
    "why": "error",
}


@click.command("audit")
@global_options
@click.option(
    "--route", shell_complete=names_of("route"), metavar="NAME", help="Only of these routes (a,b)."
)
@click.option(
    "--actor", shell_complete=names_of("actor"), metavar="ID", help="Only to these actors (a,b)."
)
@click.option(
    "--state", type=States(SETTLED), metavar="STATE", help="Only settled as these (delivered,dead)."
)
@click.option("--event", shell_complete=EVENTS, metavar="ID", help="Only of these events.")
@SINCE
@UNTIL
@PROJECT
@LIMIT
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "jsonl")),
    default="text",
    help="json and jsonl write everything, whatever the limit.",
)
@click.pass_obj
def command(
    invocation: Invocation,
    /,
    since: str | None,
    until: str | None,
    limit: int,
    form: str,
    **query: Any,
) -> None:
    """List settled deliveries with their event, prompt, attempts and outcome, newest first."""
    books = Books.find(invocation)
    query |= {"from_": since, "to": until}
    if invocation.json and form == "text":
        form = "json"
    if form == "text":
        answer = books.get("/api/audit", **query, limit=limit)
        _show_table(invocation, require(answer))
        say_there_is_more(invocation, answer)
        return
    pages = books.patient().pages("/api/audit", **query, limit=_PAGE)
    entries = (json.dumps(entry, ensure_ascii=False) for page in pages for entry in page)
    for line in entries if form == "jsonl" else _as_array(entries):
        click.echo(printable_json(line))


def _show_table(invocation: Invocation, entries: list[dict[str, Any]]) -> None:
    if invocation.quiet:
        show_ids(entries, "delivery_id")
        return
    if not entries:
        invocation.say("nothing was settled")
        return
    counted = [{**entry, "attempts": len(entry["attempts"])} for entry in entries]
    show(table_of(counted, _COLUMNS, exact=invocation.verbose))


def _as_array(entries: Iterator[str]) -> Iterator[str]:
    """Write an array entry by entry: the whole of it need not be in memory."""
    before = "["
    for entry in entries:
        yield before + entry
        before = ","
    yield "]" if before == "," else "[]"
