"""Show what came of a start that did not stay in the terminal."""

from __future__ import annotations

import os
from contextlib import suppress

import click

from orgloop.cli.invocation import Invocation
from orgloop.cli.output import show, show_json
from orgloop.daemon.telling.report import Failed, Outcome
from orgloop.daemon.telling.witness import ReadyRuntime
from orgloop.printable import printable
from orgloop.storage.home import Home


def show_outcome(outcome: Outcome, home: Home, invocation: Invocation) -> None:
    """Say what runs now, and where; or why it does not, and leave with its exit code."""
    if isinstance(outcome, Failed):
        _complain(outcome.lines)
        if invocation.json:
            errors = list(outcome.lines)
            show_json({"ready": False, "exit_code": outcome.exit_code, "errors": errors})
        raise SystemExit(outcome.exit_code)
    try:
        _complain(outcome.warnings)
        _announce(outcome, home, invocation)
    except OSError as error:
        _make_do_without(error, invocation)


def _make_do_without(error: OSError, invocation: Invocation) -> None:
    """Go on although it cannot be written: it runs, and whoever started it is to know that."""
    with suppress(OSError):
        invocation.say(f"it is ready, but that cannot be written: {error.strerror}")
    # What is left in the streams is let go: Python would try again at the exit, and fail.
    for descriptor in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _announce(outcome: ReadyRuntime, home: Home, invocation: Invocation) -> None:
    if invocation.json:
        show_json(_document(outcome, home))
        return
    show(f"{printable(outcome.project)} is ready: process {outcome.pid}, {outcome.url}")
    if outcome.supervisor_pid is not None:
        show(f"supervised by process {outcome.supervisor_pid}")
    show(f"logs: {outcome.log}")
    show(f"its output: {home.daemon_stdout}, {home.daemon_stderr}")
    invocation.suggest("how it does: orgloop status, and in a browser: orgloop ui")


def _complain(lines: tuple[str, ...]) -> None:
    for line in lines:
        click.echo(printable(line), err=True)


def _document(runtime: ReadyRuntime, home: Home) -> dict[str, object]:
    return {
        "ready": True,
        "pid": runtime.pid,
        "supervisor_pid": runtime.supervisor_pid,
        "project": runtime.project,
        "url": runtime.url,
        "home": str(home.root),
        "logs": {
            "application": runtime.log,
            "stdout": str(home.daemon_stdout),
            "stderr": str(home.daemon_stderr),
        },
        "warnings": list(runtime.warnings),
    }
