"""Tell what happened, out of the books, and what happens, through the ends of runtimes."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, NoReturn

import click
from attrs import define, field

from orgloop.cli.control import Control, Unreachable
from orgloop.cli.entries.doubles import APART_MS, Doubles
from orgloop.cli.entries.line import Lines
from orgloop.cli.entries.names import say_slips
from orgloop.cli.entries.wanted import Wanted
from orgloop.cli.failing import CommandFailed, NothingRuns
from orgloop.cli.held_home import readable_home
from orgloop.cli.invocation import Invocation
from orgloop.cli.output import show
from orgloop.printable import printable_json
from orgloop.times import to_iso

_LOOKS_SECONDS = 0.5
_LATE_MS = 1_000
"""What is told live may be in the books only a commit later."""
_AT_LENGTH = frozenset(
    {
        "source.duplicate",
        "transform.start",
        "deliver.queued",
        "deliver.retry",
        "audit.record",
        "audit.held",
    }
)
"""Phases that the books do not hold, as others say what is left of them; shown with ``-v``."""


@define
class Telling:
    """What ``orgloop logs`` shows: each entry once."""

    _invocation: Invocation
    _wanted: Wanted
    _doubles: Doubles = field(factory=Doubles, init=False)
    _is_watching: bool = field(default=False, init=False)
    _trouble: str = field(default="", init=False)
    """What the person was told of a runtime that does not answer."""
    _lines: Lines = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._lines = Lines(details=self._invocation.verbose)

    def history(self, since: str | None, until: str | None, most: int | None) -> None:
        """Show what is in the books; if that is nothing, say so."""
        if self._show_books(since, until, most) or most == 0:
            return
        self._invocation.say(f"no entries in the books of {self._invocation.home}")
        say_slips(self._invocation, **self._wanted.query())

    def follow(self, since: str | None, most: int | None) -> NoReturn:
        """Show the books, then what happens; go on with the next runtime when one ends."""
        from orgloop.cli.entries.live import Ended, watch

        begun = _now_ms()
        if not self._show_books(since, None, most):
            say_slips(self._invocation, **self._wanted.query())
        first = missed = begun if most == 0 else begun - _LATE_MS
        while True:
            try:
                control = Control.find(self._invocation.home)
                with closing(watch(control, self._wanted.query())) as told:
                    next(told)
                    self._found(control)
                    at = _now_ms()
                    self._show_books(to_iso(missed), None, None)
                    self._watched(told, max(first, at - _LATE_MS), at + _LATE_MS)
            except (NothingRuns, Unreachable, Ended) as trouble:
                if self._is_watching:
                    missed = max(first, _now_ms() - APART_MS)
                self._lost_sight(str(trouble) if isinstance(trouble, Ended) else "")
            time.sleep(_LOOKS_SECONDS)

    def _show_books(self, since: str | None, until: str | None, most: int | None) -> bool:
        """Show what is in the books and was not shown; say whether anything was."""
        if most == 0:
            return False
        # Late: neither a runtime that is watched nor `--help` needs what reads files.
        from orgloop.cli.entries.books import MOST_EVENTS, Asked, read_books

        asked = Asked(wanted=self._wanted, since=since, until=until, most=most)
        try:
            history = read_books(readable_home(self._invocation.home), asked)
        except sqlite3.Error as error:
            raise CommandFailed(
                f"the books in {self._invocation.home} cannot be read: {error}",
                hint="look at them with: orgloop data check",
            ) from error
        if history.is_cut:
            self._invocation.say(
                f"only the newest {MOST_EVENTS} events were looked at; for what is older, "
                "say another time with --since and --until"
            )
        found = self._doubles.new_in_books(history.entries)
        self._doubles.pass_over(history.older)
        self._show(found)
        return bool(found)

    def _watched(self, told: Iterator[Any], since: int, until: int) -> None:
        """Show what comes. With the first of it the books of a time are looked at once more.

        What was told just before somebody watched may not have been in them before.
        """
        is_made_up = False
        for one in told:
            if not is_made_up:
                self._show_books(to_iso(since), to_iso(until), None)
                is_made_up = True
            if isinstance(one, dict):
                if self._doubles.is_new(one):
                    self._show([one])
            elif one is not None:
                self._invocation.say(f"{one.count} entries were lost: they came too fast")

    def _found(self, control: Control) -> None:
        if self._trouble:
            self._invocation.say(f"process {control.pid} answers now")
        self._is_watching, self._trouble = True, ""

    def _lost_sight(self, reason: str) -> None:
        trouble = f"{reason or 'no runtime answers'}; waiting for one (Ctrl+C ends)"
        if trouble != self._trouble:
            self._invocation.say(trouble)
        self._is_watching, self._trouble = False, trouble

    def _show(self, entries: Sequence[Any]) -> None:
        for entry in entries:
            if self._invocation.json:
                click.echo(printable_json(json.dumps(entry, ensure_ascii=False)))
            elif not self._is_at_length(entry):
                show(self._lines.text(entry))

    def _is_at_length(self, entry: Any) -> bool:
        is_asked_for = self._invocation.verbose or self._wanted.values("phase")
        return entry.get("phase") in _AT_LENGTH and not is_asked_for


def _now_ms() -> int:
    return round(time.time() * 1000)
