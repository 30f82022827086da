"""Ask before many things are changed at once."""

from __future__ import annotations

import sys

import click

from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation
from orgloop.printable import printable_lines


def make_sure(invocation: Invocation, what: str, count: int, *, yes: bool) -> None:
    """Let one thing be done; ask a person about more, and refuse where there is nobody to ask.

    ``what`` says what would be done, such as ``retry 12 dead letters``. Raises `CommandFailed`
    unless it may be done.
    """
    if yes or count <= 1:
        return
    if invocation.no_interactive or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CommandFailed(
            f"this would {what}; nothing was changed",
            hint="add --yes to do it",
            code=Exit.USAGE,
        )
    if not click.confirm(printable_lines(f"{what.capitalize()}?"), err=True):
        raise CommandFailed("nothing was changed", hint="name fewer, or answer y")
