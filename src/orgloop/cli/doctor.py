"""``orgloop doctor``: look at everything a runtime depends on, and say what mends it."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from typing import NoReturn

import click
from attrs import evolve, frozen

from orgloop.cli.aside import output_aside
from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import one_line, show, show_json
from orgloop.cli.project import load
from orgloop.config.problems import ProjectInvalid
from orgloop.config.runtime import HTTPSettings
from orgloop.daemon.flags import Flags
from orgloop.doctor.check import Check, document, worst
from orgloop.doctor.examination import Examination
from orgloop.doctor.plugins import uses_network
from orgloop.doctor.subject import Subject
from orgloop.storage.home import Home

_EXIT = {"ok": 0, "degraded": 1, "error": 2}


@click.command("doctor")
@global_options
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Look at everything the runtime depends on: each thing that is wrong, with what mends it.

    Exit code 1 if something is degraded, 2 if something keeps the runtime from working. Works
    without a project, without its variables and while a runtime runs; changes nothing.
    """
    try:
        with output_aside():
            examined = _Examined.of(invocation)
            checks = [*examined.here(), *_services(examined)]
    except KeyboardInterrupt:
        invocation.say("interrupted")
        _leave(Exit.FAILED)
    if invocation.json:
        show_json(document(_in_order(checks)))
    else:
        _show(_in_order(checks), is_quiet=invocation.quiet)
    _leave(_EXIT[worst(checks)])


def _leave(code: int) -> NoReturn:
    """End at once: a thread that a plugin's check has left behind would be waited for."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # the command may have been started without
            stream.flush()
    os._exit(code)


@frozen
class _Examined:
    """What one call looks at."""

    subject: Subject
    home: Home
    environ: Mapping[str, str]

    @classmethod
    def of(cls, invocation: Invocation) -> _Examined:
        home = Home(invocation.home)
        return cls(_subject(invocation), home, invocation.environ)

    def here(self) -> list[Check]:
        """Look at what needs no network."""
        examination = Examination(home=self.home, environ=self.environ, now_ms=_now_ms())
        definition = self.subject.definition
        http = definition.http if definition is not None else _http(self.environ)
        return examination.from_outside(self.subject, http)


def _subject(invocation: Invocation) -> Subject:
    flags = Flags(project=invocation.config, home=invocation.home_option)
    is_named = bool(invocation.config or invocation.environ.get("ORGLOOP_CONFIG"))
    try:
        file = flags.project_file(invocation.environ)
    except ProjectInvalid as error:
        return Subject(problems=error.problems if is_named else ())
    return Subject.read(file, lambda: load(invocation))


def _http(environ: Mapping[str, str]) -> HTTPSettings:
    """Return where a start would listen, as far as variables say."""
    settings = HTTPSettings()
    port = environ.get("ORGLOOP_PORT", "")
    if environ.get("ORGLOOP_HOST"):
        settings = evolve(settings, host=environ["ORGLOOP_HOST"])
    if port.isascii() and port.isdigit() and int(port) < 65536:
        settings = evolve(settings, port=int(port))
    return settings


def _services(examined: _Examined) -> list[Check]:
    """Try what needs the network; a reactor is imported and turned only for that."""
    definition = examined.subject.definition
    if definition is None or not uses_network(definition):
        return []
    from orgloop.daemon.services import try_services

    return try_services(definition, examined.home, examined.environ, _now_ms)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _in_order(checks: list[Check]) -> list[Check]:
    """Return the checks of each category together, in the order of the categories' first ones."""
    categories = list(dict.fromkeys(check.category for check in checks))
    return sorted(checks, key=lambda check: categories.index(check.category))


def _show(checks: list[Check], *, is_quiet: bool) -> None:
    for category, group in groupby(checks, key=lambda check: check.category):
        shown = [check for check in group if not (is_quiet and check.status == "ok")]
        if shown:
            show(category)
        for check in shown:
            show(one_line(f"  {check.status:<8}  {check.name}: {check.message}"))
            if check.fix:
                show(one_line(f"            {check.fix}"))
    _sum_up(checks)


def _sum_up(checks: list[Check]) -> None:
    counts = Counter[str](check.status for check in checks)
    parts = [f"{counts[status]} {status}" for status in _EXIT if counts[status]]
    show(f"{worst(checks)}: {', '.join(reversed(parts))}")
