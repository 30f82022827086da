"""``orgloop status``: show what runs, or why nothing does."""

from __future__ import annotations

import time
from functools import partial

import click

from orgloop.cli.control import Control, Unreachable, require
from orgloop.cli.failing import Exit, NothingRuns
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.last_run import show_what_ran
from orgloop.cli.lifesigns import Silence, last_heartbeat
from orgloop.cli.output import show_json
from orgloop.cli.status_shown import (
    explain,
    next_steps,
    show_coming,
    show_components,
    show_events,
    show_summary,
)
from orgloop.cli.watching import WATCH, watch
from orgloop.storage.home import Home
from orgloop.storage.ownership import owner_of

_RECENT = 5
_PATIENCE_SECONDS = 3.0
"""Whoever asks how a runtime does is not to wait long for one that hangs."""


@click.command("status")
@global_options
@WATCH
@click.pass_obj
def command(invocation: Invocation, is_watched: bool) -> None:
    """Show what runs: health, sources, actors, routes, recent events.

    With --json, the body of GET /api/status, or {"running": false} with exit code 3.
    """
    watch(invocation, partial(_show, invocation), is_watched=is_watched)


def _show(invocation: Invocation) -> None:
    home = Home(invocation.home)
    try:
        control = Control.find(invocation.home, timeout_seconds=_PATIENCE_SECONDS)
        status = require(control.get("/api/status"))
    except NothingRuns:
        if invocation.json:
            show_json({"running": False})
            raise SystemExit(Exit.NOTHING_RUNS) from None
        show_what_ran(home)
        raise
    except Unreachable as trouble:
        _show_silence(invocation, home, trouble)
        return
    if invocation.json:
        show_json(status)
        return
    show_summary(status, control.url, last_heartbeat(home, time.time()))
    if invocation.quiet:
        return
    show_components(status, exact=invocation.verbose)
    if status.get("phase") != "starting":
        show_events(require(control.get("/api/events", limit=_RECENT)))
    for step in next_steps(status):
        invocation.suggest(step)


def _show_silence(invocation: Invocation, home: Home, trouble: Unreachable) -> None:
    """Show a runtime that does not answer; exit code 1 unless it is only starting."""
    owner = owner_of(home)
    if owner is None:
        raise NothingRuns(home.root)  # it ended in this moment
    now = time.time()
    silence = Silence.of(home, owner, now)
    if invocation.json:
        show_json(silence.document())
    elif silence.phase == "unreachable" or not owner.pids:
        trouble.hint = "\n".join(filter(None, (explain(silence), trouble.hint)))
        raise trouble
    else:
        show_coming(silence, now)
    if silence.phase != "starting":
        raise SystemExit(Exit.FAILED)
