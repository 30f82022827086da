"""What every command is told: where the project and the home are, and how to speak."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from orgloop.cli.look import style
from orgloop.cli.tab.paths import Complete, complete_directories, complete_files
from orgloop.cli.wrapping import wrapped
from orgloop.paths import absolute
from orgloop.printable import printable_lines

F = TypeVar("F", bound=Callable[..., Any])


class Invocation:
    """One call of the command line. The global flags may stand before or after the command."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.config: str | None = None
        self.home_option: str | None = None
        self.json = False
        self.verbose = False
        self.quiet = False
        self.no_interactive = False

    @classmethod
    def from_environment(cls) -> Invocation:
        """Begin with what the process was started with."""
        return cls(dict(os.environ))

    @property
    def home(self) -> Path:
        """The home directory: ``--home``, else ``ORGLOOP_HOME``, else ``~/.orgloop``."""
        named = self.home_option or self.environ.get("ORGLOOP_HOME") or "~/.orgloop"
        return Path(absolute(named))

    @property
    def shows_progress(self) -> bool:
        """Whether a person watches standard error."""
        return sys.stderr.isatty() and not self.quiet

    def say(self, text: str) -> None:
        """Tell the person something that is not data; silent with ``--quiet``."""
        if not self.quiet:
            click.echo(wrapped(printable_lines(text), sys.stderr), err=True)

    def suggest(self, text: str) -> None:
        """Tell a person what may come next; silent with ``--quiet``, and without a terminal."""
        if self.shows_progress and not self.json:
            click.echo(wrapped(style(text, "dim", sys.stderr), sys.stderr), err=True)


def global_options(command: F) -> F:
    """Give a command (or the group of all) the flags that stand before or after the command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    # A flag not given after the command must not undo the one before it.
    if value:
        setattr(ctx.ensure_object(Invocation), str(parameter.name), value)


def _flag(*names: str, text: str) -> Callable[[F], F]:
    return click.option(*names, is_flag=True, expose_value=False, callback=_remember, help=text)


def _path(*names: str, text: str, complete: Complete) -> Callable[[F], F]:
    return click.option(
        *names,
        metavar="PATH",
        expose_value=False,
        callback=_remember,
        shell_complete=complete,
        help=text,
    )


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    _path(
        "-c",
        "--config",
        "config",
        text="orgloop.yaml or its directory (default: here, then the directories above).",
        complete=complete_files,
    ),
    _path(
        "--home",
        "home_option",
        text="Where the runtime keeps its files (default: ~/.orgloop).",
        complete=complete_directories,
    ),
    _flag("--json", "json", text="Answer in JSON."),
    _flag("-v", "--verbose", "verbose", text="Say more."),
    _flag("-q", "--quiet", "quiet", text="Say nothing but the answer."),
    _flag("--no-interactive", "no_interactive", text="Never ask."),
)
