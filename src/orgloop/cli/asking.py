"""Ask a person: what to do, or whether it is to be done."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import click

from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.interrupting import begin_line
from orgloop.cli.invocation import Invocation
from orgloop.printable import printable_lines

T = TypeVar("T")


def may_ask(invocation: Invocation) -> bool:
    """Whether there is somebody who can be asked, and wants to be."""
    return not invocation.no_interactive and sys.stdin.isatty() and sys.stderr.isatty()


def ask(text: str, read: Callable[[str], T], *, default: str | None = None) -> T:
    """Ask for something, and again where ``read`` raises `CommandFailed` about the answer.

    Raises `CommandFailed` for Ctrl+C and Ctrl+D.
    """
    while True:
        try:
            answer = click.prompt(text, default=default, err=True)
        except click.Abort:
            begin_line()
            hint = "answer, or say what you want with flags: see --help"
            raise CommandFailed("nothing was written", hint=hint) from None
        try:
            return read(answer)
        except CommandFailed as error:
            error.show()


def agrees(question: str) -> bool:
    """Ask a question that is answered y or n; Ctrl+C and Ctrl+D are a no."""
    try:
        return click.confirm(printable_lines(question), err=True)
    except click.Abort:
        begin_line()
        return False


def make_sure(invocation: Invocation, what: str, *, is_many: bool, yes: bool) -> None:
    """Let one thing be done; ask a person about many, and refuse where there is nobody to ask.

    ``what`` says what would be done, such as ``retry 12 dead letters``. Raises `CommandFailed`
    unless it may be done.
    """
    if yes or not is_many:
        return
    if not may_ask(invocation):
        raise CommandFailed(
            f"this would {what}; nothing was changed",
            hint="add --yes to do it",
            code=Exit.USAGE,
        )
    if not agrees(f"{what.capitalize()}?"):
        raise CommandFailed("nothing was changed", hint="name fewer, or answer y")
