"""``orgloop service``: start, stop and watch what ``install-service`` has installed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.interrupting import until_ctrl_c
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show_json
from orgloop.storage.home import Home

if TYPE_CHECKING:
    from orgloop.cli.services.running import Manager

F = TypeVar("F", bound=Callable[..., Any])


@click.group("service", no_args_is_help=True)
@global_options
def command() -> None:
    """Start, stop and watch the service that was installed."""


def _which(function: F) -> F:
    """Take what says which service is meant."""
    for option in (
        click.option("--name", default="orgloop", show_default=True, metavar="NAME"),
        click.option(
            "--user/--system",
            "is_user",
            default=None,
            help="Yours or the machine's (default: the one that is installed).",
        ),
    ):
        function = option(function)
    return function


def _installed(invocation: Invocation, name: str, is_user: bool | None) -> Manager:
    from orgloop.cli.services.running import installed

    is_system = None if is_user is None else not is_user
    return installed(name, invocation.environ, is_system=is_system)


@command.command("start")
@global_options
@_which
@click.pass_obj
def start(invocation: Invocation, name: str, is_user: bool | None) -> None:
    """Start it, and the sockets that belong to it."""
    _installed(invocation, name, is_user).start()
    invocation.say("started")
    _tell(invocation, name, is_running=True)


@command.command("stop")
@global_options
@_which
@click.pass_obj
def stop(invocation: Invocation, name: str, is_user: bool | None) -> None:
    """Stop it gracefully, and the sockets that would start it again."""
    _installed(invocation, name, is_user).stop()
    invocation.say("stopped")
    _tell(invocation, name, is_running=False)


@command.command("status")
@global_options
@_which
@click.pass_obj
def status(invocation: Invocation, name: str, is_user: bool | None) -> None:
    """Show what the service manager says; exit code 3 if it does not run."""
    try:
        _installed(invocation, name, is_user).status(shows=not invocation.json)
    except CommandFailed as error:
        if error.exit_code == Exit.NOTHING_RUNS:
            _tell(invocation, name, is_running=False)
        raise
    _tell(invocation, name, is_running=True)


def _tell(invocation: Invocation, name: str, *, is_running: bool) -> None:
    if invocation.json:
        show_json({"name": name, "running": is_running})


@command.command("logs")
@global_options
@_which
@click.option("-n", "--lines", default=100, show_default=True, type=click.IntRange(0))
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes.")
@click.pass_obj
def logs(invocation: Invocation, name: str, is_user: bool | None, lines: int, follow: bool) -> None:
    """Show the log: the journal, or the file where there is no journal."""
    with until_ctrl_c():
        _show_logs(invocation, name, is_user, lines, follow=follow)


def _show_logs(
    invocation: Invocation, name: str, is_user: bool | None, lines: int, *, follow: bool
) -> None:
    home = invocation.home
    try:
        service = _installed(invocation, name, is_user)
    except CommandFailed as error:
        if not Home(home).application_log.exists():
            raise
        invocation.say(f"orgloop: {error}")
    else:
        if service.show_logs(lines, follow=follow):
            return
        home = _home_of(invocation, service, name)
    _show_file(invocation, Home(home).application_log, lines, follow=follow)


def _home_of(invocation: Invocation, service: Manager, name: str) -> Path:
    from orgloop.cli.services.systemd import STATE

    is_own = service.is_system and invocation.home_option is None
    return STATE / name if is_own else invocation.home


def _show_file(invocation: Invocation, file: Path, lines: int, *, follow: bool) -> None:
    if not file.exists():
        raise CommandFailed(
            f"nothing has been logged: the journal has nothing, and there is no {file}",
            hint="name the home of the service with --home, or start it: orgloop service start",
        )
    invocation.say(f"the journal has nothing; this is {file}")
    more = ["-F"] if follow else []
    subprocess.run(["tail", "-n", str(lines), *more, "--", str(file)], check=False)
