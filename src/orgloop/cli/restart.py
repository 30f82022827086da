"""``orgloop restart``: replace the running runtime by a new one, and refuse no connection.

The new one reads the project while the old one still works; if it cannot start, the old one goes
on. Then the old one hands over what it listens on and ends in good order, and connections wait for
the new one. A supervisor does this with runtimes of its own; for a runtime without one, a new
daemon is started here that asks the old one to make way.
"""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from orgloop.cli.control import Control
from orgloop.cli.failing import CommandFailed, NothingRuns
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.progress import Progress
from orgloop.daemon.telling.report import Failed, Outcome
from orgloop.storage import directory_hold
from orgloop.storage.home import Home
from orgloop.storage.ownership import Ownership, owner_of, user_of

_CONNECT_SECONDS = 5.0
_LOOK_SECONDS = 0.5


@click.command("restart")
@global_options
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Replace the runtime by a new one that has read the project anew.

    No connection is refused meanwhile. If the new one does not start, the old one goes on.
    """
    from orgloop.cli.started import show_outcome

    home = Home(invocation.home)
    owner = owner_of(home)
    if owner is None:
        raise NothingRuns(invocation.home)
    _refuse_anothers(owner)
    try:
        with _alone(home):
            outcome = _replaced(invocation, home, owner)
    except KeyboardInterrupt:
        raise CommandFailed(
            "not waited for any longer: the restart goes on in the background",
            hint="orgloop status shows what came of it",
        ) from None
    if isinstance(outcome, Failed):
        _say_what_is_left(invocation, home, owner)
    show_outcome(outcome, home, invocation)


def _replaced(invocation: Invocation, home: Home, owner: Ownership) -> Outcome:
    if owner.supervisor is not None:
        return _by_its_supervisor(invocation, home, owner.supervisor)
    _refuse_another_users(owner)
    return _by_a_new_daemon(invocation, home, owner)


def _refuse_anothers(owner: Ownership) -> None:
    """Leave alone what something else starts and stops."""
    if owner.holder.manager is not None:
        manager = owner.holder.manager
        raise CommandFailed(
            f"{manager} runs this runtime, and would take its end for its own doing or for a crash",
            hint="restart it with: systemctl --user restart orgloop, or for the whole machine: "
            "sudo systemctl restart orgloop",
        )
    if owner.runtime == 1 or owner.holder.pid == 1:
        raise CommandFailed(
            "the runtime is the first process of a container, which ends with it",
            hint="restart the container",
        )
    if not owner.pids:
        raise CommandFailed(
            "the runtime cannot be seen from here",
            hint="restart it where it was started: in its container, or as its user",
        )


def _refuse_another_users(owner: Ownership) -> None:
    """Leave alone a runtime of another user: the new one would be this command's, maybe root's."""
    user = None if owner.runtime is None else user_of(owner.runtime)
    if user not in (None, os.geteuid()):
        raise CommandFailed(
            f"process {owner.runtime} runs as user {user}, and the new one would run as user "
            f"{os.geteuid()}",
            hint=f"restart it as its user: sudo -u '#{user}' orgloop restart, with the same --home",
        )


def is_under_way(home: Home) -> bool:
    """Return whether somebody restarts the home's runtime: who has the home changes by itself."""
    return directory_hold.is_held(home.data)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Let nobody else restart the same runtime meanwhile; leaves nothing behind."""
    hold = directory_hold.take(home.data)
    if hold is None:
        raise CommandFailed(
            "another restart is under way", hint="wait until it is done; see: orgloop status"
        )
    try:
        yield
    finally:
        os.close(hold)


def _by_its_supervisor(invocation: Invocation, home: Home, supervisor: int) -> Outcome:
    from orgloop.daemon.succession.doorway import connect

    if invocation.config is not None:
        raise CommandFailed(
            "a supervisor restarts the project it was started with",
            hint="leave out -c, or stop it with `orgloop stop` and start the other project",
        )
    try:
        with connect(home.handover_socket, _CONNECT_SECONDS) as conversation:
            conversation.sendall(b'{"restart": true}\n')
            outcome = _awaited(invocation, conversation)
    except OSError as error:
        raise CommandFailed(
            f"the supervisor (process {supervisor}) cannot be asked: {error.strerror or error}",
            hint="try again in a moment, or: orgloop stop, then orgloop start --daemon "
            "--supervised",
        ) from error
    return outcome or Failed(1, ("orgloop: the supervisor ended before the new one was ready",))


def _awaited(invocation: Invocation, conversation: socket.socket) -> Outcome | None:
    from orgloop.daemon.telling.report import read_outcome

    conversation.settimeout(None)
    began = time.monotonic()
    with Progress(invocation) as progress:
        while not select.select([conversation], [], [], _LOOK_SECONDS)[0]:
            progress.show(time.monotonic() - began, lambda: "the new runtime")
    return read_outcome(conversation.fileno())


def _by_a_new_daemon(invocation: Invocation, home: Home, owner: Ownership) -> Outcome:
    from orgloop.cli.launching import launch
    from orgloop.daemon.launch import daemon_command

    project = invocation.config or owner.holder.file
    if project is None:
        raise CommandFailed(
            f"{home.lock} does not say which project runs",
            hint="name it: orgloop restart -c PATH",
        )
    if not owner.holder.is_daemon:
        invocation.say("it ran in the foreground; the new one runs in the background")
    flags = ["--home", str(home.root), "--project", project, *owner.holder.flags]
    return launch(
        lambda report: daemon_command(flags, report_fd=report, handover=True), home, invocation
    )


def _is_at_work(home: Home) -> bool:
    """Return whether the runtime takes events; not if it is about to end."""
    try:
        return (
            Control.find(home.root, timeout_seconds=_LOOK_SECONDS).get("/health/ready").is_success
        )
    except CommandFailed:
        return False


def _say_what_is_left(invocation: Invocation, home: Home, before: Ownership) -> None:
    now = owner_of(home)
    if now is None:
        invocation.say("nothing runs any more: start it with: orgloop start --daemon")
    elif now.runtime is not None and now.runtime == before.runtime and _is_at_work(home):
        invocation.say(f"not restarted: process {now.runtime} goes on as before")
