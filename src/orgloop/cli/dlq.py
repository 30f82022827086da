"""``orgloop dlq``: the dead letters."""

from __future__ import annotations

import click

from orgloop.cli.invocation import global_options
from orgloop.cli.shelf import Shelf, changer, lister, shower

_DEAD = Shelf(
    "dead letter",
    "dead letters",
    ("dead", "rejected"),
    "settled",
    hint="orgloop dlq list",
    next_step="all of one: orgloop dlq show ID; once more to its actor: orgloop dlq retry ID",
)


@click.group("dlq")
@global_options
def command() -> None:
    """Look at dead letters, let them be delivered after all, or throw them away."""


command.add_command(lister(_DEAD))
command.add_command(shower(_DEAD))
command.add_command(
    changer(
        _DEAD,
        "retry",
        "Let dead letters wait for their actor again, with all their attempts to come.\n\n"
        "They go to the end of their order. More than one without --yes asks first.",
    )
)
command.add_command(
    changer(
        _DEAD,
        "discard",
        "Throw dead letters away. More than one without --yes asks first.",
    )
)
