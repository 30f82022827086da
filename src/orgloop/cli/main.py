"""Find a command by its name and run it.

Nothing is imported for a command that is not called: ``orgloop --help`` knows the commands from the
table below.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from orgloop import __version__
from orgloop.cli.examples import with_examples
from orgloop.cli.failing import CommandFailed, Exit, trouble
from orgloop.cli.interrupting import begin_line
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.tab.shells import register
from orgloop.cli.wrapping import wrapped
from orgloop.errors import OrgLoopError
from orgloop.printable import printable_lines

# Each command is a module of this package that holds a `click.Command` named ``command``.
SECTIONS = {
    "First steps": {
        "init": "Write the files of a new project.",
        "demo": "See events flow through a project of its own, and the loop close.",
        "add": "Write a connector, transform, logger or route that works, with a test.",
        "validate": "Check the project and report every mistake at once.",
        "env": "List the variables that the project needs: set or not, what for.",
        "doctor": "Look at everything the runtime depends on, and say what mends it.",
        "routes": "Draw the project: sources, routes, actors.",
    },
    "Running": {
        "start": "Run the project's runtime, in the foreground or as a daemon.",
        "stop": "Stop the runtime gracefully.",
        "restart": "Replace the runtime by a new one without refusing a connection.",
        "plan": "Show what a start would change against what ran last.",
        "install-service": "Write what systemd, launchd or docker needs to run the project.",
        "service": "Start, stop and watch the service that was installed.",
    },
    "Looking": {
        "status": "Show what runs: health, sources, actors, routes.",
        "ui": "Open the dashboard in a browser.",
        "events": "List the events that came in.",
        "trace": "Show one event's whole way.",
        "logs": "Show what happened to events, and what happens.",
        "queue": "List the deliveries that are not settled.",
        "audit": "List what went to whom, because of what, and how it ended.",
        "inspect": "Show all that is known of a source, an actor or a route.",
    },
    "Sending": {
        "test": "Try an event or a suite: which routes want it, what becomes of it.",
        "emit": "Send an event to the runtime.",
        "hook": "Hand over what a coding agent says, or have it say so.",
        "inbox": "List the inboxes of sessions, or take out what is there.",
    },
    "Mending": {
        "dlq": "List, show, retry or discard dead letters.",
        "held": "List, show, release or discard what a guard has parked.",
        "replay": "Let events go through the routes again.",
        "checkpoint": "List, show, set or reset where polling goes on.",
        "data": "Check, repair, back up, restore and measure the files under data/.",
    },
    "This program": {
        "token": "Print the token that opens the runtime's API, or replace it.",
        "schema": "Print the JSON Schema of a kind of project file.",
        "completion": "Print what has a shell complete commands, flags and names.",
        "version": "Print the version.",
    },
}
COMMANDS = {name: text for section in SECTIONS.values() for name, text in section.items()}
_ALIASES = {"shutdown": "stop"}


class _Commands(click.Group):
    """The commands of the table, imported late."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = _ALIASES.get(cmd_name, cmd_name)
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"orgloop.cli.{name.replace('-', '_')}").command
        return with_examples(command, name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        is_named = bool(args) and not args[0].startswith("-") and not ctx.resilient_parsing
        if is_named and self.get_command(ctx, args[0]) is None:
            import difflib  # only whoever has mistyped waits for it

            close = difflib.get_close_matches(args[0], [*COMMANDS, *_ALIASES], n=1)
            hint = f"did you mean {close[0]!r}?" if close else "see orgloop --help"
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(f"{name:<15}", text) for name, text in commands.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        # As click does it every command would be imported for its help.
        named = [(name, text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        commands = [CompletionItem(name, help=text) for name, text in named]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        with _told():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: click.Context) -> object:
        try:
            with _told():
                return super().invoke(ctx)
        except OrgLoopError as error:
            raise CommandFailed(str(error)) from error
        except KeyboardInterrupt:
            begin_line()
            raise CommandFailed("interrupted") from None


@contextmanager
def _told() -> Iterator[None]:
    """Have what is wrong with a call told in lines that fit, and without control characters."""
    try:
        yield
    except click.UsageError as error:
        if type(error).show is not click.UsageError.show:
            raise  # it is help that is shown
        before = "Error: "
        text = wrapped(before + printable_lines(error.format_message()), sys.stderr)
        raise click.UsageError(text.removeprefix(before), error.ctx) from error


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Begin with orgloop demo, or with orgloop init. Each command says more: "
    "orgloop COMMAND --help.",
)
@global_options
@click.version_option(__version__, message="%(prog)s %(version)s", help="Print the version.")
def orgloop() -> None:
    """Make a reliable system out of unreliable AI agents.

    OrgLoop listens to events, keeps them, and wakes the right actor with each.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a letter must not cost the whole answer.
            stream.reconfigure(errors="backslashreplace")
    register()
    try:
        orgloop.main(
            args=None if arguments is None else list(arguments),
            prog_name="orgloop",
            obj=Invocation.from_environment(),
        )
    except OSError as error:
        # Such as a full disk that standard output goes to. (click sees to a broken pipe.)
        CommandFailed(trouble(error), hint="mend that, and try again").show()
        # What could not be written is let go: Python would try again at the exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(Exit.FAILED)
    sys.exit(0)
