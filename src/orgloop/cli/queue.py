"""``orgloop queue``: the deliveries that are not settled."""

from __future__ import annotations

import click

from orgloop.cli.filters import LIMIT, Filters, delivery_filters
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.shelf import Shelf, changer, show_rows

_OPEN = ("matched", "waiting", "delivering", "held", "inbox")
_IDLE = Shelf(
    "queue", "open delivery", "open deliveries", ("matched", "waiting", "held", "inbox"), "created"
)


@click.group("queue", invoke_without_command=True)
@global_options
@delivery_filters
@click.option("--state", type=click.Choice(_OPEN), help="Only in this state.")
@LIMIT
@click.pass_context
def command(context: click.Context, filters: Filters, state: str | None, limit: int) -> None:
    """List the deliveries that are not settled, newest first."""
    if context.invoked_subcommand is not None:
        return
    states = (state,) if state else _OPEN
    shelf = Shelf("queue", "open delivery", "open deliveries", states, "created")
    show_rows(context.find_object(Invocation) or Invocation({}), shelf, filters, limit)


command.add_command(
    changer(
        _IDLE,
        "discard",
        "Throw open deliveries away, such as those whose route went away.\n\n"
        "Not those in flight. More than one without --yes asks first.",
    )
)
