"""``orgloop doctor``: look at everything a runtime depends on, and say what mends it."""

from __future__ import annotations

import os
import sys
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, NoReturn

import click

from orgloop.cli.aside import output_aside
from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.look import Meaning, line, pad, style
from orgloop.cli.output import show, show_json, show_prose

if TYPE_CHECKING:
    from orgloop.doctor.check import Check

_EXIT = {"ok": 0, "degraded": 1, "error": 2}
_MEANING: dict[str, Meaning] = {"ok": "good", "degraded": "warn", "error": "bad"}


@click.command("doctor")
@global_options
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Look at everything the runtime depends on: each thing that is wrong, with what mends it.

    Exit code 1 if something is degraded, 2 if something keeps the runtime from working. Works
    without a project, without its variables and while a runtime runs; changes nothing.
    """
    # Late: `--help` needs nothing that reads projects.
    from orgloop.cli.examination import examine
    from orgloop.doctor.check import document, worst

    try:
        with output_aside():
            checks = examine(invocation)
    except KeyboardInterrupt:
        invocation.say("interrupted")
        _leave(Exit.FAILED)
    if invocation.json:
        show_json(document(_in_order(checks)))
    else:
        _show(_in_order(checks), worst(checks), is_quiet=invocation.quiet)
    _leave(_EXIT[worst(checks)])


def _leave(code: int) -> NoReturn:
    """End at once: a thread that a plugin's check has left behind would be waited for."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # the command may have been started without
            stream.flush()
    os._exit(code)


def _in_order(checks: list[Check]) -> list[Check]:
    """Return the checks of each category together, in the order of the categories' first ones."""
    categories = list(dict.fromkeys(check.category for check in checks))
    return sorted(checks, key=lambda check: categories.index(check.category))


def _show(checks: list[Check], overall: str, *, is_quiet: bool) -> None:
    for category, group in groupby(checks, key=lambda check: check.category):
        shown = [check for check in group if not (is_quiet and check.status == "ok")]
        if shown:
            show(style(category, "strong"))
        for check in shown:
            status = pad(style(check.status, _MEANING[check.status]), 8)
            show_prose(line("  ", status, f"  {check.name}: {check.message}"), hang=10)
            if check.fix:
                show_prose(line(" " * 12, style(check.fix, "dim")), hang=0)
    _sum_up(checks, overall)


def _sum_up(checks: list[Check], overall: str) -> None:
    counts = Counter[str](check.status for check in checks)
    parts = [f"{counts[status]} {status}" for status in _EXIT if counts[status]]
    show(line(style(overall, _MEANING[overall]), f": {', '.join(reversed(parts))}"))
