"""``orgloop stop``: end the runtime gracefully, and wait until it is gone.

The control API is asked first. If it does not answer with a success within two seconds, or if what
answers is not the process that holds the lock, the holder of the lock gets SIGTERM.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import click

from orgloop.cli.control import Control
from orgloop.cli.duration import DURATION
from orgloop.cli.failing import CommandFailed, NothingRuns
from orgloop.cli.invocation import Invocation, global_options
from orgloop.durations import Duration
from orgloop.storage.home import Home
from orgloop.storage.lock import LockHolder, holder_of

_CONTROL_SECONDS = 2.0
_PAUSE_SECONDS = 0.05
_REPORT_SECONDS = 2.0


@click.command("stop")
@global_options
@click.option("--force", is_flag=True, help="Kill the runtime if it still runs after the grace.")
@click.option(
    "--grace",
    type=DURATION,
    default="30s",
    show_default=True,
    metavar="DURATION",
    help="How long --force waits.",
)
@click.pass_obj
def command(invocation: Invocation, force: bool, grace: Duration) -> None:
    """Stop the runtime gracefully and wait until it is gone."""
    home = Home(invocation.home)
    holder = holder_of(home)
    if holder is None:
        raise NothingRuns(invocation.home)
    if not _asked_politely(invocation):
        invocation.say("the control API does not answer: sending SIGTERM")
        _signal(home, holder, signal.SIGTERM)
    if not _wait(invocation, home, holder, grace.seconds if force else None):
        invocation.say(f"still running after {grace}: killing process {holder.pid}")
        _signal(home, holder, signal.SIGKILL)
        _wait(invocation, home, holder, None)
    invocation.say("stopped")


def _asked_politely(invocation: Invocation) -> bool:
    try:
        # It is asked twice: who it is, and to stop.
        control = Control.find(invocation.home, timeout_seconds=_CONTROL_SECONDS / 2)
        return control.post("/control/shutdown").is_success
    except CommandFailed:
        return False


def _signal(home: Home, holder: LockHolder, number: signal.Signals) -> None:
    """Send a signal to the holder of the lock, and to nobody who got its PID later."""
    if holder.pid is None:
        raise CommandFailed(
            f"{home.lock} is held, but does not say by whom",
            hint="try again; if it stays so, find the process with: fuser " + str(home.lock),
        )
    try:
        process = os.pidfd_open(holder.pid) if hasattr(os, "pidfd_open") else None
    except ProcessLookupError:
        return
    try:
        # Only while the lock is held by this PID does the PID mean the runtime.
        if holder_of(home) != holder:
            return
        if process is not None:
            signal.pidfd_send_signal(process, number)
        else:
            os.kill(holder.pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise CommandFailed(
            f"process {holder.pid} may not be signalled: it belongs to someone else",
            hint="stop it as the user who started it",
        ) from error
    finally:
        if process is not None:
            os.close(process)


def _wait(
    invocation: Invocation, home: Home, holder: LockHolder, limit_seconds: float | None
) -> bool:
    """Wait until ``holder`` has let go of the lock; say whether it did within the limit."""
    began = time.monotonic()
    next_report = began + _REPORT_SECONDS
    while (current := holder_of(home)) is not None and current.pid in (None, holder.pid):
        now = time.monotonic()
        if limit_seconds is not None and now - began >= limit_seconds:
            return False
        if now >= next_report:
            _report(invocation, now - began)
            next_report = now + _REPORT_SECONDS
        time.sleep(_PAUSE_SECONDS)
    return True


def _report(invocation: Invocation, waited_seconds: float) -> None:
    if invocation.shows_progress or invocation.verbose:
        invocation.say(f"waiting for {_awaited(invocation.home)} ({waited_seconds:.0f}s)")


def _awaited(root: Path) -> str:
    """Say what a stopping runtime still waits for, as far as it tells."""
    try:
        control = Control.find(root, timeout_seconds=0.5)
        counts = control.get("/api/deliveries", state="delivering", limit=100)
    except CommandFailed:
        return "the runtime to close its files"
    under_way = len(counts.document) if isinstance(counts.document, list) else 0
    return f"{under_way} deliveries under way" if under_way else "the runtime to stop"
