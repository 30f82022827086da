"""``orgloop held``: what a guard has parked."""

from __future__ import annotations

import click

from orgloop.cli.invocation import global_options
from orgloop.cli.shelf import Shelf, changer, lister, shower

_HELD = Shelf(
    "held delivery",
    "held deliveries",
    ("held",),
    "created",
    hint="orgloop held list",
    next_step="all of one: orgloop held show ID; on to its actor: orgloop held release ID",
)


@click.group("held")
@global_options
def command() -> None:
    """Look at what a guard has parked, and let it go on or throw it away."""


command.add_command(lister(_HELD))
command.add_command(shower(_HELD))
command.add_command(
    changer(
        _HELD,
        "release",
        "Let held deliveries go on to their actor. More than one without --yes asks first.",
    )
)
command.add_command(
    changer(
        _HELD,
        "discard",
        "Throw held deliveries away. More than one without --yes asks first.",
    )
)
