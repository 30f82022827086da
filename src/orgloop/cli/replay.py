"""``orgloop replay``: let events go through the routes again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from orgloop.cli.asking import make_sure
from orgloop.cli.cells import table_of
from orgloop.cli.completing import EVENTS, names_of
from orgloop.cli.control import Control, named, require
from orgloop.cli.failing import CommandFailed
from orgloop.cli.filters import PROJECT, SINCE, UNTIL, YES
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show, show_json

_NOT_FOUND = 404
_COLUMNS = {"event": "event_id", "route": "route", "delivery": "delivery_id"}
Page = dict[str, Any]


@click.command("replay")
@global_options
@click.argument("events", metavar="[EVENT]...", nargs=-1, shell_complete=EVENTS)
@SINCE
@UNTIL
@click.option(
    "--source",
    shell_complete=names_of("source"),
    metavar="ID",
    help="Only from these sources (a,b).",
)
@click.option(
    "--route",
    shell_complete=names_of("route"),
    metavar="NAME",
    help="Only along these routes (a,b).",
)
@PROJECT
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@YES
@click.pass_obj
def command(
    invocation: Invocation,
    events: tuple[str, ...],
    since: str | None,
    until: str | None,
    source: str | None,
    route: str | None,
    project: str | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Let events go through the routes again: those named, or those accepted in a time.

    Each becomes a new delivery with a key of its own, marked as a replay. More than one event
    without --yes asks first.
    """
    stretch = {"from": since, "to": until, "sources": source}
    is_range = any(value is not None for value in stretch.values())
    if is_range == bool(events):
        raise click.UsageError("name events, or say which with --from, --to or --source")
    wanted = {"routes": route, "project": project}
    replay = _Replay(
        Control.find(invocation.home).patient(),
        events,
        {
            name: value
            for name, value in (wanted | stretch if is_range else wanted).items()
            if value is not None
        },
    )
    if not dry_run and not yes and (is_range or len(events) > 1):
        foreseen = replay.count()
        make_sure(invocation, f"replay {_number(foreseen)}", is_many=foreseen > 1, yes=False)
    _report(invocation, replay.pages(dry_run=dry_run), dry_run=dry_run)


class _Replay:
    """What is to be replayed, asked for page by page."""

    def __init__(self, control: Control, events: tuple[str, ...], wanted: dict[str, Any]) -> None:
        self._control = control
        self._events = events
        self._wanted = wanted

    def count(self) -> int:
        """Return how many events would be replayed; raise `CommandFailed` if one is not held."""
        return sum(_events(page["deliveries"]) for page in self.pages(dry_run=True))

    def pages(self, *, dry_run: bool) -> Iterator[Page]:
        """Replay, and yield what became of it."""
        document = {**self._wanted, "dry_run": dry_run}
        return self._each(document) if self._events else self._range(document)

    def _each(self, document: Page) -> Iterator[Page]:
        for event in dict.fromkeys(self._events):
            answer = self._control.post(f"/api/events/{named(event)}/replay", document)
            if answer.status == _NOT_FOUND:
                raise CommandFailed(
                    f"no event {event!r} is held", hint="see which are, with: orgloop events"
                )
            yield require(answer)

    def _range(self, document: Page) -> Iterator[Page]:
        while True:
            page = require(self._control.post("/api/replay", document))
            yield page
            if page["cursor"] is None:
                return
            document = {**document, "cursor": page["cursor"]}


def _report(invocation: Invocation, pages: Iterator[Page], *, dry_run: bool) -> None:
    deliveries: list[Page] = []
    try:
        for page in pages:
            deliveries += page["deliveries"]
    except CommandFailed:
        if deliveries and not dry_run:
            last = deliveries[-1]["event_id"]
            invocation.say(f"{_number(_events(deliveries))} replayed before this, up to {last}")
        raise
    events = _events(deliveries)
    if invocation.json:
        answer = {"dry_run": dry_run, "events": events, "count": len(deliveries)}
        show_json({**answer, "deliveries": deliveries})
        return
    if deliveries:
        show(table_of(deliveries, _COLUMNS))
    if not deliveries:
        invocation.say("nothing to replay: no route wants any of this")
        return
    would = "would be " if dry_run else ""
    routes = len(deliveries)
    invocation.say(
        f"{_number(events)} {would}replayed, {routes} {'delivery' if routes == 1 else 'deliveries'}"
    )


def _events(deliveries: list[Page]) -> int:
    """Return how many events these are of: one that no route wants is not replayed."""
    return len({one["event_id"] for one in deliveries})


def _number(events: int) -> str:
    return f"{events} {'event' if events == 1 else 'events'}"
