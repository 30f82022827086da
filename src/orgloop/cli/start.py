"""``orgloop start``: run the project's runtime, in the foreground or as a daemon."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NoReturn

import click

from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation, global_options
from orgloop.errors import InvalidValue
from orgloop.storage.home import Home
from orgloop.storage.lock import LockHolder, already_running, holder_of


@click.command("start")
@global_options
@click.option("--daemon", is_flag=True, help="Leave the terminal; return when all is ready.")
@click.option("--supervised", is_flag=True, help="Start the runtime again if it crashes.")
@click.option("--force", is_flag=True, help="Start although the pre-flight found errors.")
@click.option("--host", metavar="ADDRESS", help="Where to listen (default: 127.0.0.1).")
@click.option("--port", metavar="NUMBER", help="Port to listen on; 0 takes a free one.")
@click.option("--grace", metavar="DURATION", help="How long a stop waits (default: 30s).")
@click.option("--log-format", metavar="text|json", help="How the application log is written.")
@click.option(
    "--cursor",
    metavar="POSITION",
    help="Where routing begins if the project's queue was lost: start, end or a sequence number.",
)
@click.pass_obj
def command(
    invocation: Invocation,
    daemon: bool,
    supervised: bool,
    force: bool,
    host: str | None,
    port: str | None,
    grace: str | None,
    log_format: str | None,
    cursor: str | None,
) -> None:
    """Run the project's runtime.

    In the foreground until Ctrl+C or `orgloop stop`, which is the same as `twistd -n orgloop`. With
    --daemon it leaves the terminal: the command returns when all is ready, or says why it is not.
    With --supervised it is started again after a crash.
    """
    from orgloop.daemon.flags import Flags

    given = Flags(
        project=invocation.config,
        home=invocation.home_option,
        host=host,
        port=port,
        grace=grace,
        cursor=cursor,
        log_format=log_format,
        log_level="debug" if invocation.verbose else "warn" if invocation.quiet else None,
    )
    try:
        given.check()
    except InvalidValue as error:
        raise click.UsageError(str(error)) from error
    flags = [*given.as_arguments(), *["--force"] * force]
    if not (daemon or supervised):
        from orgloop.daemon.run import run_in_foreground

        run_in_foreground(flags)
        return
    home = Home(invocation.home)
    running = holder_of(home)
    if daemon:
        if running is not None:
            _show_running(invocation, home, running)
        _start_daemon(invocation, home, flags, is_supervised=supervised)
    elif running is not None:
        raise already_running(home, running)
    else:
        _become_supervisor(home, flags)


def _show_running(invocation: Invocation, home: Home, running: LockHolder) -> None:
    """Say what a start would have come to, and leave with its exit code."""
    from orgloop.cli.started import show_outcome
    from orgloop.daemon.telling.report import Failed

    lines = (f"orgloop: {already_running(home, running)}",)
    show_outcome(Failed(Exit.FAILED, lines), home, invocation)


def _start_daemon(
    invocation: Invocation, home: Home, flags: Sequence[str], *, is_supervised: bool
) -> None:
    from orgloop.cli.launching import launch
    from orgloop.cli.started import show_outcome
    from orgloop.daemon.launch import daemon_command, supervisor_command

    def command(report_fd: int) -> list[str]:
        if is_supervised:
            return supervisor_command(home.root, flags, report_fd=report_fd)
        return daemon_command(flags, report_fd=report_fd)

    try:
        outcome = launch(command, home, invocation)
    except KeyboardInterrupt:
        raise CommandFailed(
            "not waited for any longer: the start goes on in the background",
            hint="orgloop status shows what came of it; orgloop stop ends it",
        ) from None
    show_outcome(outcome, home, invocation)


def _become_supervisor(home: Home, flags: Sequence[str]) -> NoReturn:
    """Go on as the supervisor, with this PID and this terminal, and none of this memory."""
    from orgloop.daemon.launch import supervisor_command

    arguments = supervisor_command(home.root, flags)
    os.execv(arguments[0], arguments)
