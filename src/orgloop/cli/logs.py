"""``orgloop logs``: what happens to events, as it happens, after what the books hold of it."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Any, NoReturn

import click
from attrs import define, field
from click.shell_completion import CompletionItem

from orgloop.cli.completing import EVENTS, last_of, names_of
from orgloop.cli.control import Control, Unreachable
from orgloop.cli.entries.doubles import APART_MS, Doubles
from orgloop.cli.entries.wanted import Wanted
from orgloop.cli.failing import CommandFailed, NothingRuns
from orgloop.cli.filters import PROJECT, SINCE, UNTIL
from orgloop.cli.held_home import readable_home
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show
from orgloop.commas import words
from orgloop.logentry import PHASE_ORDER
from orgloop.printable import printable_json
from orgloop.storage.home import Home
from orgloop.storage.ownership import owner_of
from orgloop.times import to_iso

_DEFAULT_LINES = 20
_SETTLING_SECONDS = 0.2
"""What was told just before somebody watched is in the books by then."""
_LOOKS_SECONDS = 0.5


class _Phases(click.ParamType):  # type: ignore[type-arg]  # older clicks take no argument
    """Some phases, separated by commas; ``deliver`` stands for all that begin so."""

    name = "phase"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        phases: list[str] = []
        for word in words(str(value)):
            meant = [one for one in PHASE_ORDER if one == word or one.startswith(f"{word}.")]
            if not meant:
                known = ", ".join(dict.fromkeys(one.partition(".")[0] for one in PHASE_ORDER))
                self.fail(f"{word!r} is no phase; write one, or a group: {known}", param, ctx)
            phases += meant
        return ",".join(phases)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return last_of(lambda context: PHASE_ORDER)(ctx, param, incomplete)


@click.command("logs")
@global_options
@click.option(
    "--source",
    shell_complete=names_of("source", "actor"),
    metavar="ID",
    help="Only of these sources (a,b).",
)
@click.option(
    "--route", shell_complete=names_of("route"), metavar="NAME", help="Only of these routes."
)
@click.option(
    "--actor", shell_complete=names_of("actor"), metavar="ID", help="Only of these actors."
)
@click.option("--result", metavar="RESULT", help="Only with these results (rejected,error).")
@click.option(
    "--phase", type=_Phases(), metavar="PHASE", help="Only these phases (deliver.dead,transform)."
)
@click.option("--event", shell_complete=EVENTS, metavar="ID", help="Only of these events.")
@SINCE
@UNTIL
@PROJECT
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(0, 100_000),
    help="Begin with so many entries. Default: 20; with --since all of that time.",
)
@click.option(
    "--follow/--no-follow",
    "-f",
    default=True,
    help="Go on with what happens (the default), or show what there is, and end.",
)
@click.pass_obj
def command(
    invocation: Invocation,
    /,
    since: str | None,
    until: str | None,
    lines: int | None,
    follow: bool,
    **given: str | None,
) -> None:
    """Show what happened to events, and go on with what happens, until Ctrl+C.

    What happened comes from the books and needs no runtime. With --until it ends there.
    """
    most = _DEFAULT_LINES if lines is None and since is None else lines
    log = _Log(invocation, Wanted.of(**given))
    with suppress(KeyboardInterrupt):
        if follow and not until and owner_of(Home(invocation.home)) is not None:
            log.follow(since, most)
        log.show_books(since, until, most)
        if follow and not until:
            invocation.say(f"nothing is running on {invocation.home}: this is what was")


@define
class _Log:
    """What is shown, out of the books and live."""

    _invocation: Invocation
    _wanted: Wanted
    _doubles: Doubles = field(factory=Doubles, init=False)
    _is_watching: bool = field(default=False, init=False)
    _is_waiting: bool = field(default=False, init=False)
    """Whether the person was told that nobody answers."""
    _lines: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        from orgloop.cli.entries.line import Lines

        self._lines = Lines(details=self._invocation.verbose)

    def show_books(self, since: str | None, until: str | None, most: int | None) -> None:
        """Show what is in the books and was not shown."""
        if most == 0:
            return
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
        self._show(self._doubles.new_in_books(history.entries))

    def follow(self, since: str | None, most: int | None) -> NoReturn:
        """Show the books, then what happens; go on with the next runtime when one ends."""
        from orgloop.cli.entries.live import Ended, watch

        begun = _now_ms()
        while True:
            try:
                control = Control.find(self._invocation.home)
                with closing(watch(control, self._wanted.query())) as told:
                    next(told)
                    self._found(control)
                    time.sleep(_SETTLING_SECONDS)
                    self.show_books(since, None, most)
                    self._watched(told)
            except (NothingRuns, Unreachable, Ended):
                if self._is_watching:
                    since, most = to_iso(max(begun, _now_ms() - APART_MS)), None
                self._lost_sight()
            time.sleep(_LOOKS_SECONDS)

    def _found(self, control: Control) -> None:
        if self._is_waiting:
            self._invocation.say(f"process {control.pid} answers now")
        self._is_watching, self._is_waiting = True, False

    def _lost_sight(self) -> None:
        if not self._is_waiting:
            self._invocation.say("no runtime answers; waiting for one (Ctrl+C ends)")
        self._is_watching, self._is_waiting = False, True

    def _watched(self, told: Iterator[Any]) -> None:
        for one in told:
            if isinstance(one, dict):
                if self._doubles.is_new(one):
                    self._show([one])
            else:
                self._invocation.say(f"{one.count} entries were lost: they came too fast")

    def _show(self, entries: Sequence[Any]) -> None:
        for entry in entries:
            if self._invocation.json:
                click.echo(printable_json(json.dumps(entry, ensure_ascii=False)))
            else:
                show(self._lines.text(entry))


def _now_ms() -> int:
    return round(time.time() * 1000)
