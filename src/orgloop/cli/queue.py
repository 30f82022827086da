"""``orgloop queue``: the deliveries that are not settled."""

from __future__ import annotations

from functools import partial

import click
from attrs import asdict, evolve

from orgloop.cli.filters import LIMIT, Filters, delivery_filters
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.shelf import Shelf, changer, lister, show_rows, shower
from orgloop.cli.states import OPEN, States
from orgloop.cli.watching import WATCH, watch


def _shelf(states: tuple[str, ...]) -> Shelf:
    return Shelf(
        "open delivery",
        "open deliveries",
        states,
        "created",
        hint="orgloop queue",
        next_step="all of one: orgloop queue show ID",
    )


_ALL = _shelf(OPEN)
_IDLE = evolve(
    _shelf(tuple(state for state in OPEN if state != "delivering")),
    proviso=", but none in flight or handed out,",
)


@click.group("queue", invoke_without_command=True)
@global_options
@delivery_filters
@click.option("--state", type=States(OPEN), metavar="STATE", help="Only in these states (a,b).")
@LIMIT
@WATCH
@click.pass_context
def command(
    context: click.Context,
    filters: Filters,
    state: str | None,
    limit: int,
    is_watched: bool,
) -> None:
    """List the deliveries that are not settled, newest first."""
    if context.invoked_subcommand is None:
        shelf = _shelf(tuple(state.split(","))) if state else _ALL
        invocation = context.find_object(Invocation) or Invocation({})
        look = partial(show_rows, invocation, shelf, filters, limit)
        watch(invocation, look, is_watched=is_watched)
    elif state or any(asdict(filters).values()):
        # Left out of account, they would have much more discarded than was meant.
        raise click.UsageError(f"write the filters after {context.invoked_subcommand!r}")


command.add_command(lister(_ALL))
command.add_command(shower(_ALL))
command.add_command(
    changer(
        _IDLE,
        "discard",
        "Throw open deliveries away, such as those whose route went away.\n\n"
        "Not those in flight or handed out. More than one without --yes asks first.",
    )
)
