"""End a command that cannot do what it was asked, with an exit code and a way forward."""

from __future__ import annotations

import enum
import os
import sys
from typing import IO, Any

import click

from orgloop.cli.wrapping import wrapped
from orgloop.printable import printable_lines


class Exit(enum.IntEnum):
    """The exit codes of every command."""

    SUCCESS = 0
    FAILED = 1
    USAGE = 2
    NOTHING_RUNS = 3
    INVALID_PROJECT = 4


class CommandFailed(click.ClickException):
    """What was asked could not be done; ``hint`` says what to do next."""

    def __init__(self, message: str, *, hint: str = "", code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.hint = hint
        self.exit_code = int(code)  # type: ignore[misc]  # click declares it for the class

    def show(self, file: IO[Any] | None = None) -> None:
        stream = sys.stderr if file is None else file
        click.echo(wrapped(f"orgloop: {printable_lines(self.message)}", stream), file, err=True)
        if self.hint:
            click.echo(wrapped(f"  {printable_lines(self.hint)}", stream), file, err=True)


def trouble(error: OSError) -> str:
    """Return what the system has refused, and where."""
    what = error.strerror or str(error)
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {what}"
    if isinstance(error, FileNotFoundError):  # as `os.getcwd` says it
        return "the current directory does not exist any more"
    return what


class NothingRuns(CommandFailed):
    """There is no runtime to talk to."""

    def __init__(self, home: object) -> None:
        super().__init__(
            f"nothing is running on {home}",
            hint="start a runtime with: orgloop start",
            code=Exit.NOTHING_RUNS,
        )
