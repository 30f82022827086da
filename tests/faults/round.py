"""One round: a runtime under load, faults for some seconds, then quiet, and the books are read."""

from __future__ import annotations

import heapq
import json
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from attrs import define, field

from faults.books import Books, expecting_a_stop
from faults.checks import violations
from faults.evidence import Evidence, runs_of
from faults.load import Agents, Door, Senders, Tickets
from faults.plan import Fault, draw
from faults.project import (
    EXPECT_STOP_SECONDS,
    HTTP_ACTORS,
    LONGEST_WAIT_SECONDS,
    set_agent_mood,
    write_project,
)
from faults.sinks import Arrival, Mood, Receivers
from faults.subject import SmallDisk, Stretch, Subject, WallClock

_LOOK_SECONDS = 0.1
# What the slowest attempt, the longest retry delay and a start take, on a busy machine.
_SLACK_SECONDS = 20.0
_TICKET_SECONDS = 3.0
_NOTED_SECONDS = 65.0
_OPEN = "/api/deliveries?state=matched,waiting,delivering,held,inbox&limit=1000"


@define
class Report:
    """How a round went."""

    seed: int
    faults: list[Fault]
    events: int = 0
    deliveries: int = 0
    attempts: int = 0
    drain_seconds: float = 0.0
    violations: list[str] = field(factory=list)
    kept: Path | None = None
    """Where everything is that there is to look at, if something was violated."""


@define(eq=False)
class Round:
    """What one round is made of."""

    seed: int
    seconds: float
    per_second: float
    mistake: str = ""
    plan: list[Fault] | None = None
    """What goes wrong; drawn from the seed if it is not given."""
    awaits_lost_stops: bool = True
    place: Path = field(init=False)
    moods: list[tuple[str, Mood, Stretch]] = field(factory=list, init=False)
    _receivers: Receivers = field(factory=Receivers, init=False)
    _disk: SmallDisk = field(init=False)
    _subject: Subject = field(init=False)
    _agents: Agents = field(init=False)
    _senders: Senders = field(init=False)
    _began: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="orgloop-faults-"))
        self._disk = SmallDisk(self.place / "disk")
        door = Door(self._disk.place / "home")
        self._agents = Agents(door)
        self._senders = Senders(door, Tickets(self.seed), self.per_second)
        for name in HTTP_ACTORS:
            answer = self._take_on if name == "tracked" else _well
            self._receivers.add(name, answer)
        project = write_project(
            self.place / "project",
            {name: one.port for name, one in self._receivers.by_name.items()},
        )
        clock = WallClock(self.place / "clock")
        self._subject = Subject(project, door.home, clock, self.mistake)

    def _take_on(self, arrival: Arrival) -> tuple[int, bytes]:
        return 202, json.dumps({"tracking_id": self._agents.take(arrival.key)}).encode()

    def run(self) -> Report:
        """Run it to its end, whatever happens; everything is kept if something was violated."""
        plan = self.plan
        if plan is None:
            plan = draw(self.seed, self.seconds, list(HTTP_ACTORS), has_disk=self._disk.is_there)
        report = Report(self.seed, plan)
        try:
            self._subject.up()
            self._subject.settle()
            self._agents.start()
            self._senders.start()
            self._make_faults(plan)
            self._senders.stop()
            report.violations += self._drain(report)
            self._subject.down(signal.SIGTERM)
            self._subject.settle()
            self._check(report)
        finally:
            self._subject.quit()
            self._receivers.stop()
            self._clean_up(report)
        return report

    # --- faults

    def _make_faults(self, plan: list[Fault]) -> None:
        self._began = time.monotonic()
        for at, act in _timeline(plan, self._begin, self._end):
            _wait_until(self._began + at)
            act()
        _wait_until(self._began + self.seconds)
        self._subject.settle()

    def _begin(self, fault: Fault) -> None:
        if fault.kind == "kill":
            self._subject.down(signal.SIGKILL)
        elif fault.kind == "term":
            self._subject.down(signal.SIGTERM)
        elif fault.kind == "pause":
            self._subject.pause()
        elif fault.kind == "mood":
            self._receivers.become(fault.what, cast(Mood, fault.how))
        elif fault.kind == "agent":
            set_agent_mood(self.place / "project", fault.how)
        elif fault.kind == "clock":
            self._subject.clock.step(int(fault.how))
        elif fault.kind == "disk":
            self._subject.refuse(limit=False)
            self._disk.fill()
        elif fault.kind == "limit":
            self._subject.refuse(limit=True)

    def _end(self, fault: Fault) -> None:
        if fault.kind in ("kill", "term"):
            self._subject.up()
        elif fault.kind == "pause":
            self._subject.go_on()
        elif fault.kind == "mood":
            self._receivers.become(fault.what, "well")
            self._note_mood(fault, fault.what)
        elif fault.kind == "agent":
            set_agent_mood(self.place / "project", "well")
            self._note_mood(fault, "agent")
        elif fault.kind in ("disk", "limit"):
            self._disk.empty()
            self._subject.take_again()

    def _note_mood(self, fault: Fault, name: str) -> None:
        stretch = Stretch(self._began + fault.at, time.monotonic())
        self.moods.append((name, cast(Mood, fault.how), stretch))

    # --- afterwards

    def _drain(self, report: Report) -> list[str]:
        """Wait until nothing is open, for as long as the settings allow it to take.

        A ticket comes in now and then: a poisoned one that is alone cannot be told from an actor
        that is away, and nothing dies while it is.
        """
        healed = time.monotonic()
        # A cooldown is at most as long as what came before it: it doubles.
        # And queue time may be behind by as much as is not noted, if the clock was set back.
        waits = self.seconds + LONGEST_WAIT_SECONDS + _NOTED_SECONDS
        limit = healed + waits + _SLACK_SECONDS
        while not self._is_empty_until(min(time.monotonic() + _TICKET_SECONDS, limit)):
            if time.monotonic() >= limit:
                left = {(one["route"], one["state"], one.get("error")) for one in self._open()}
                shown = sorted(map(str, left))
                return [f"the backlog does not drain within {limit - healed:.0f} s: {shown}"]
            self._senders.send_plain()
        report.drain_seconds = time.monotonic() - healed
        return self._await_lost_stops()

    def _await_lost_stops(self) -> list[str]:
        """Wait for what is no delivery yet: the stops that no agent will say."""
        self._agents.stop()
        if not self.awaits_lost_stops:
            return []
        # The clock may have been set back while no queue time was kept, for a minute at most.
        limit = time.monotonic() + EXPECT_STOP_SECONDS + _NOTED_SECONDS + _SLACK_SECONDS
        while expecting_a_stop(self._subject.home):
            if time.monotonic() > limit:
                return ["a session does not end: its stop is still expected"]
            time.sleep(_LOOK_SECONDS)
        if self._is_empty_until(limit):
            return []
        return [f"the last stops are not delivered: {self._open()}"]

    def _is_empty_until(self, moment: float) -> bool:
        """Say whether nothing was open at any moment until then."""
        while self._open():
            if time.monotonic() >= moment:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def _open(self) -> list[dict[str, object]]:
        try:
            found = self._subject.runtime.get(_OPEN)
        except (OSError, AssertionError) as error:
            return [{"route": "?", "state": "?", "error": f"nobody can be asked: {error}"}]
        return list(found)

    def _check(self, report: Report) -> None:
        books = Books.read(self._subject.home)
        report.events, report.deliveries = len(books.events), len(books.rows)
        report.attempts = sum(len(row.attempts) for row in books.rows)
        evidence = Evidence(
            books=books,
            arrivals=[one for sink in self._receivers.by_name.values() for one in sink.arrivals],
            runs=runs_of((self.place / "project/seen").read_text()),
            accepted=self._senders.accepted,
            stopped=self._agents.stopped,
            kills=self._subject.kills,
            pauses=self._subject.pauses,
            refusals=self._subject.refusals,
            moods=self.moods,
            hurried_seconds=self._subject.clock.hurried_ms / 1000,
            application_log=(self._subject.home / "logs/orgloop.log").read_text(),
        )
        report.violations += [*self._subject.trouble, *violations(evidence)]

    def _clean_up(self, report: Report) -> None:
        if report.violations:
            report.kept = self.place / "kept"
            shutil.copytree(self._subject.home, report.kept)
            self._write_notes(report)
        self._disk.remove()
        if not report.violations:
            shutil.rmtree(self.place)

    def _write_notes(self, report: Report) -> None:
        began = self._began
        lines = [f"seed {self.seed}", *map(str, report.faults), "", *report.violations, ""]
        for receiver in self._receivers.by_name.values():
            lines += [
                f"{one.at - began:8.3f} {one.route} {one.key} attempt {one.attempt} {one.mood} "
                f"{one.status} {one.numbers}"
                for one in receiver.arrivals
            ]
        (self.place / "notes.txt").write_text("\n".join(lines))


def _well(arrival: Arrival) -> tuple[int, bytes]:
    return 200, b"{}"


def _timeline(
    plan: list[Fault], begin: Callable[[Fault], None], end: Callable[[Fault], None]
) -> Iterator[tuple[float, Callable[[], None]]]:
    """Yield what is to be done when, in order."""
    acts: list[tuple[float, int, Callable[[], None]]] = []
    for number, fault in enumerate(plan):
        heapq.heappush(acts, (fault.at, 2 * number, lambda fault=fault: begin(fault)))
        heapq.heappush(acts, (fault.ends_at, 2 * number + 1, lambda fault=fault: end(fault)))
    while acts:
        at, _, act = heapq.heappop(acts)
        yield at, act


def _wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
