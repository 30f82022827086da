"""``orgloop token``: the bearer token of the runtime's API, and another in its place."""

from __future__ import annotations

import sys

import click

from orgloop.cli.control import Control, require
from orgloop.cli.failing import CommandFailed, NothingRuns
from orgloop.cli.held_home import held_home
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show, show_json
from orgloop.storage.home import Home, read_line


@click.group("token", invoke_without_command=True)
@global_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the token that opens the runtime's API, or replace it.

    Whoever has it may do anything with the runtime.
    """
    if ctx.invoked_subcommand is None:
        _print(ctx.ensure_object(Invocation))


def _print(invocation: Invocation) -> None:
    file = Home(invocation.home).control_token_file
    token = read_line(file)
    if not token:
        raise CommandFailed(
            f"{invocation.home} holds no token yet",
            hint="the first start makes one: orgloop start",
        )
    if invocation.json:
        show_json({"token": token, "file": str(file)})
    else:
        show(token)
        if sys.stdout.isatty():  # a command that it is put into has no use for advice
            invocation.say(f"from {file}; send it as: Authorization: Bearer TOKEN")


@command.command("rotate", short_help="Replace the token, at once.")
@global_options
@click.pass_obj
def rotate(invocation: Invocation) -> None:
    """Replace the token: the old one, and every session of the dashboard, is worthless then.

    A runtime that runs takes the new one at once.
    """
    try:
        control = Control.find(invocation.home)
    except NothingRuns:
        with held_home(invocation.home) as home:
            home.renew_control_token()
    else:
        require(control.post("/control/token/rotate"))
    file = Home(invocation.home).control_token_file
    if invocation.json:
        show_json({"rotated": True, "file": str(file)})
    else:
        show(f"the token in {file} is a new one")
        invocation.say("whoever keeps a copy needs it anew: orgloop token")
