"""Commands over one part of the books: list it, show one, act on one or many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from attrs import frozen

from orgloop.cli.asking import make_sure
from orgloop.cli.books import Books
from orgloop.cli.cells import table_of
from orgloop.cli.completing import ids_of
from orgloop.cli.control import Control, named, require
from orgloop.cli.delivery import show_delivery
from orgloop.cli.failing import CommandFailed
from orgloop.cli.filters import LIMIT, YES, Filters, TimeOf, delivery_filters
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.more import say_there_is_more
from orgloop.cli.output import show, show_ids, show_json
from orgloop.cli.tab.paths import Complete

_NOT_FOUND = 404
_DONE = {"retry": "retried", "release": "released", "discard": "discarded"}
_COLUMNS = {
    "delivery": "id",
    "event": "event_id",
    "route": "route",
    "actor": "actor",
    "state": "state",
    "attempts": "attempts",
}


@frozen
class Shelf:
    """What a command is about."""

    one: str
    """Such as ``dead letter``."""
    many: str
    states: Sequence[str]
    time: TimeOf
    """Which time is shown, and what --since and --until are about."""
    hint: str
    """How to see which there are."""
    next_step: str
    """What may be done with one that was listed."""
    proviso: str = ""
    """Which of them cannot be changed."""

    def number(self, count: int) -> str:
        """Write how many."""
        return f"{count} {self.one if count == 1 else self.many}"

    @property
    def state(self) -> str:
        return ",".join(self.states)


def show_rows(invocation: Invocation, shelf: Shelf, filters: Filters, limit: int) -> None:
    """List what is on a shelf."""
    criteria: dict[str, Any] = {"state": shelf.state, **filters.criteria(shelf.time)}
    answer = Books.find(invocation).get("/api/deliveries", **criteria, limit=limit)
    rows = require(answer)
    if invocation.json:
        show_json(rows)
    elif invocation.quiet:
        show_ids(rows, "id")
    elif rows:
        _show_table(shelf, rows, exact=invocation.verbose)
        invocation.suggest(shelf.next_step)
    else:
        invocation.say(f"no {shelf.many}")
    say_there_is_more(invocation, answer)


def _show_table(shelf: Shelf, rows: list[dict[str, Any]], *, exact: bool) -> None:
    times = {"settled": {"died": "settled_at"}, "created": {"since": "created_at"}}
    due = {} if shelf.time == "settled" else {"due": "due_at"}
    columns = {**times[shelf.time], **_COLUMNS, **due, "why": "error"}
    show(table_of(rows, columns, exact=exact))


def _ids_on(shelf: Shelf) -> Complete:
    return ids_of("/api/deliveries", "id", state=shelf.state)


def lister(shelf: Shelf) -> click.Command:
    """Return the command that lists a shelf."""

    @click.command("list", help=f"List {shelf.many}, newest first.")
    @global_options
    @delivery_filters
    @LIMIT
    @click.pass_obj
    def command(invocation: Invocation, filters: Filters, limit: int) -> None:
        show_rows(invocation, shelf, filters, limit)

    return command


def shower(shelf: Shelf) -> click.Command:
    """Return the command that shows one delivery with all that is known of it."""

    @click.command("show", help=f"Show a {shelf.one}: its event, every attempt, and why it is one.")
    @global_options
    @click.argument("delivery", metavar="ID", shell_complete=_ids_on(shelf))
    @click.pass_obj
    def command(invocation: Invocation, delivery: str) -> None:
        answer = Books.find(invocation).get(f"/api/deliveries/{named(delivery)}")
        if answer.status == _NOT_FOUND:
            raise _not_held(delivery, shelf)
        shown = require(answer)
        if invocation.json:
            show_json(shown)
        else:
            show_delivery(shown)

    return command


def changer(shelf: Shelf, verb: str, text: str) -> click.Command:
    """Return the command that does ``verb`` to deliveries, by id or by what they are."""

    @click.command(verb, help=text)
    @global_options
    @click.argument("deliveries", metavar="[ID]...", nargs=-1, shell_complete=_ids_on(shelf))
    @delivery_filters
    @click.option("--all", "everything", is_flag=True, help=f"All {shelf.many}.")
    @YES
    @click.pass_obj
    def command(
        invocation: Invocation,
        deliveries: tuple[str, ...],
        filters: Filters,
        *,
        everything: bool,
        yes: bool,
    ) -> None:
        criteria: dict[str, Any] = filters.criteria(shelf.time)
        if not deliveries and not everything and set(criteria) <= {"project"}:
            raise click.UsageError(
                f"say which {shelf.many}: by ID, by --route, --actor, --reason, --since, --until, "
                "or --all"
            )
        control = Control.find(invocation.home).patient()
        is_one = len(deliveries) == 1 and not criteria
        if deliveries:
            criteria["ids"] = list(dict.fromkeys(deliveries))
        criteria["state"] = list(shelf.states)
        if is_one:
            count = _change_one(control, shelf, verb, criteria)
        else:
            count = _change_many(
                invocation, control, shelf, verb, criteria, everything=everything, yes=yes
            )
        if invocation.json:
            show_json({"count": count})
        else:
            show(f"{_DONE[verb]} {shelf.number(count)}" if count else f"no {shelf.many} match")

    return command


def _change_one(control: Control, shelf: Shelf, verb: str, criteria: dict[str, Any]) -> int:
    done: int = require(control.post(f"/api/deliveries/{verb}", criteria))["count"]
    if not done:
        raise _not_on(control, shelf, verb, criteria["ids"][0])
    return done


def _not_on(control: Control, shelf: Shelf, verb: str, delivery: str) -> CommandFailed:
    """Say why a delivery was not changed."""
    answer = control.get(f"/api/deliveries/{named(delivery)}")
    if answer.status == _NOT_FOUND:
        return _not_held(delivery, shelf)
    state = require(answer)["state"]
    return CommandFailed(
        f"delivery {delivery!r} is {state}: only {shelf.many}{shelf.proviso} can be "
        f"{_DONE[verb]} here",
        hint=f"see which there are, with: {shelf.hint}",
    )


def _change_many(
    invocation: Invocation,
    control: Control,
    shelf: Shelf,
    verb: str,
    criteria: dict[str, Any],
    *,
    everything: bool,
    yes: bool,
) -> int:
    path = f"/api/deliveries/{verb}"
    foreseen: int = require(control.post(path, {**criteria, "dry_run": True}))["count"]
    named_ones = len(criteria.get("ids", ()))
    if named_ones > foreseen:
        complaint = f"of these {named_ones} only {foreseen} are {shelf.many}"
        if not foreseen:
            hint = f"see which there are, with: {shelf.hint}"
            raise CommandFailed(f"none of these is a {shelf.one}", hint=hint)
        invocation.say(complaint)
    if not foreseen:
        return 0
    # --all is meant for many, however many there are just now.
    is_many = everything or foreseen > 1
    make_sure(invocation, f"{verb} {shelf.number(foreseen)}", is_many=is_many, yes=yes)
    done: int = require(control.post(path, criteria))["count"]
    return done


def _not_held(delivery: str, shelf: Shelf) -> CommandFailed:
    return CommandFailed(
        f"there is no delivery {delivery!r}", hint=f"see which there are, with: {shelf.hint}"
    )
