"""Ctrl+C: what is written then begins a line of its own, behind the terminal's ``^C``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def until_ctrl_c() -> Iterator[None]:
    """Let Ctrl+C be the end of what is inside, and no failure."""
    try:
        yield
    except KeyboardInterrupt:
        begin_line()


def begin_line() -> None:
    """Leave the line that the terminal has written ``^C`` on."""
    if sys.stderr is not None and sys.stderr.isatty():
        click.echo(err=True)
