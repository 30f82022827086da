"""``--watch``: show the same anew every two seconds, until Ctrl+C."""

from __future__ import annotations

import io
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout

import click

from orgloop.cli.failing import CommandFailed
from orgloop.cli.interrupting import until_ctrl_c
from orgloop.cli.invocation import Invocation
from orgloop.cli.look import Painted, columns_of

REDRAW_SECONDS = 2.0
# Control Sequence Introducer sequences of ECMA-48: cursor home, erase to the end of the line, erase
# to the end of the screen.
_CLEAR, _HOME, _END_OF_LINE, _END_OF_SCREEN = "\x1b[2J", "\x1b[H", "\x1b[K", "\x1b[J"

WATCH = click.option(
    "--watch", "is_watched", is_flag=True, help="Show it anew every 2 seconds, until Ctrl+C."
)


def watch(invocation: Invocation, look: Callable[[], None], *, is_watched: bool) -> None:
    """Show what ``look`` writes: once, or anew as much as the terminal has room for."""
    if not is_watched:
        look()
        return
    if invocation.json or not sys.stdout.isatty():
        raise click.UsageError("--watch needs a terminal, and goes without --json")
    with until_ctrl_c():
        sys.stdout.write(_CLEAR)
        while True:
            picture = _picture(look)
            sys.stdout.write(_HOME + picture + _END_OF_SCREEN)
            sys.stdout.flush()
            time.sleep(REDRAW_SECONDS)


def _picture(look: Callable[[], None]) -> str:
    """Return what is written, for a screen that is overwritten: nothing flickers."""
    paper = _Paper()
    with redirect_stdout(paper), redirect_stderr(paper):
        try:
            look()
        except CommandFailed as trouble:
            trouble.show()
        except SystemExit:
            pass  # the exit code is for who looks once
    return "".join(f"{line}{_END_OF_LINE}\n" for line in fitting(paper.getvalue().splitlines()))


def fitting(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines from the top for which there is room; a long one takes several rows."""
    size = shutil.get_terminal_size()
    left = size.lines - 1
    for line in lines:
        left -= max(1, -(-columns_of(Painted(line)) // size.columns))
        if left < 0:
            return
        yield line


class _Paper(io.StringIO):
    """What stands for the terminal meanwhile: it has colours, too."""

    def isatty(self) -> bool:
        return True
