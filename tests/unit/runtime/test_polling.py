"""When sources are polled, and what happens when they fail."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field
from twisted.internet.defer import Deferred, succeed
from twisted.internet.defer import fail as failed
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer

from orgloop.config.model import Place, SourceDefinition
from orgloop.durations import Duration
from orgloop.errors import Overloaded, StorageUnavailable
from orgloop.event import EventDraft
from orgloop.flow.intake import Acceptance
from orgloop.flow.tell import Tell
from orgloop.interfaces import IPollingSource, IScheduledSource
from orgloop.logentry import LogEntry
from orgloop.plugin import Registration
from orgloop.reports import PollResult
from orgloop.runtime.metrics import Metrics
from orgloop.runtime.poller import Poller
from orgloop.runtime.polling import DueTimer, PollingLoop, SourceCircuit
from orgloop.runtime.position import Position
from orgloop.runtime.tally import Tally

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@implementer(IPollingSource)
@define(eq=False)
class Feed:
    """A source that answers as the test says, and remembers what it was asked."""

    answer: Callable[[], Any] = PollResult
    asked: list[str | None] = field(factory=list)

    async def start(self) -> None: ...
    async def stop(self) -> None: ...

    async def poll(self, checkpoint: str | None) -> PollResult:
        self.asked.append(checkpoint)
        result = self.answer()
        return await result if isinstance(result, Deferred) else result


@implementer(IScheduledSource)
@define(eq=False)
class Hourly(Feed):
    """A source that has something to say at every full hour."""

    def next_due(self, checkpoint: str | None, after: datetime) -> datetime | None:
        return after.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


@define(eq=False)
class Wayward(Hourly):
    """A scheduled source that is due when the test says, whether that makes sense or not."""

    due: Any = None

    def next_due(self, checkpoint: str | None, after: datetime) -> datetime | None:
        moment: datetime | None = self.due
        return moment


@define(eq=False)
class Door:
    """An intake that keeps what it is given, or refuses."""

    kept: list[EventDraft] = field(factory=list)
    error: Exception | None = None

    async def accept(self, source: str, drafts: Any) -> Acceptance:
        if self.error is not None:
            raise self.error
        self.kept += drafts
        return Acceptance([f"evt_{n}" for n in range(len(drafts))], len(drafts))


@define(eq=False)
class Checkpoints:
    """A checkpoint store in memory."""

    saved: list[str] = field(factory=list)
    first: str | None = None
    writing: Deferred[None] | None = None
    """How long a write takes, or how it fails."""

    async def load(self, project: str, source: str) -> str | None:
        return self.first

    async def save(self, project: str, source: str, checkpoint: str) -> None:
        if self.writing is not None:
            await self.writing
        self.saved.append(checkpoint)

    async def delete(self, project: str, source: str) -> bool:
        return True


class World:
    """A poller with everything around it in the test's hands."""

    def __init__(self, source: Feed) -> None:
        self.clock, self.door, self.checkpoints = Clock(), Door(), Checkpoints()
        self.tally, self.told = Tally(), list[LogEntry]()
        self.source = source
        tell = Tell("project", self.now_ms, self.told.append, lambda project: True)
        self.poller = Poller(
            definition=definition(),
            source=source,
            intake=self.door,
            position=Position("project", "feed", self.checkpoints),
            clock=self.clock,
            now_ms=self.now_ms,
            tell=tell,
            metrics=Metrics(),
            tally=self.tally,
        )
        self.circuit = SourceCircuit(poller=self.poller, tell=tell)

    def now_ms(self) -> int:
        return round((NOON.timestamp() + self.clock.seconds()) * 1000)

    def loop(self, interval: float = 300) -> PollingLoop:
        return PollingLoop(circuit=self.circuit, interval_seconds=interval, clock=self.clock)

    def phases(self) -> list[str]:
        return [entry.phase for entry in self.told]


def definition() -> SourceDefinition:
    return SourceDefinition(
        id="feed",
        plugin="feed",
        registration=Registration(id="feed"),
        config=None,
        place=Place(file=Path("orgloop.yaml"), line=1, column=1),
        poll_interval=Duration(300_000),
        poll_timeout=Duration(20_000),
    )


def draft(key: str) -> EventDraft:
    return EventDraft("resource.changed", {"platform": "feed"}, key=key)


def fail() -> Any:
    raise ValueError("the feed is down")


def done(work: Any) -> Any:
    results: list[Any] = []
    started = work if isinstance(work, Deferred) else Deferred.fromCoroutine(work)
    started.addBoth(results.append)
    if isinstance(results[0], Failure):
        results[0].raiseException()
    return results[0]


def test_a_source_is_polled_after_its_delay_and_then_at_its_interval() -> None:
    world = World(Feed())
    loop = world.loop()
    loop.begin(2.5)
    world.clock.advance(2.4)
    assert world.source.asked == []
    world.clock.advance(0.2)
    assert len(world.source.asked) == 1
    world.clock.pump([300, 300])
    assert len(world.source.asked) == 3
    done(loop.stop())
    assert world.clock.getDelayedCalls() == []


def test_a_slow_poll_is_never_overtaken_by_the_next() -> None:
    world = World(Feed(answer=lambda: Deferred()))
    loop = world.loop(interval=5)
    loop.begin(0)
    world.clock.pump([0, 5, 5, 5])
    assert len(world.source.asked) == 1
    world.poller.interrupt()
    done(loop.stop())
    assert world.clock.getDelayedCalls() == []


def test_a_poll_that_is_interrupted_has_not_failed() -> None:
    world = World(Feed(answer=lambda: Deferred()))
    loop = world.loop()
    loop.begin(0)
    world.clock.advance(0)
    world.poller.interrupt()
    done(loop.stop())
    assert world.poller.tally.error_count == 0


def test_the_checkpoint_moves_only_after_the_events_are_kept() -> None:
    world = World(Feed(answer=lambda: PollResult([draft("1")], "after 1")))
    world.door.error = StorageUnavailable("the disk is full")
    assert done(world.poller.poll()) is False
    assert world.checkpoints.saved == []
    world.door.error = None
    assert done(world.poller.poll()) is True
    assert world.checkpoints.saved == ["after 1"]
    assert [one.key for one in world.door.kept] == ["1"]
    assert world.source.asked == [None, None]


@pytest.mark.parametrize("scheduled", [False, True])
@pytest.mark.parametrize("error", [StorageUnavailable("the disk is full"), Overloaded("a flood")])
def test_what_cannot_be_kept_is_no_failure_of_the_source_and_is_tried_again_soon(
    error: Exception, scheduled: bool
) -> None:
    world = World((Hourly if scheduled else Feed)(answer=lambda: PollResult([draft("1")], "1")))
    world.door.error = error
    polling = timer(world) if scheduled else world.loop()
    polling.begin(0)
    world.clock.pump([0] + [5] * 9)
    assert len(world.source.asked) == 10
    assert world.tally.error_count == 0
    assert not world.circuit.is_open
    world.door.error = None
    world.clock.advance(5)
    assert world.checkpoints.saved == ["1"]
    world.clock.advance(5)
    assert len(world.source.asked) == 11
    done(polling.stop())
    assert world.clock.getDelayedCalls() == []


def test_polling_goes_on_where_the_checkpoint_stands() -> None:
    world = World(Feed(answer=lambda: PollResult([], "next")))
    world.checkpoints.first = "kept"
    done(world.poller.poll())
    done(world.poller.poll())
    assert world.source.asked == ["kept", "next"]
    assert world.checkpoints.saved == ["next"]


def test_a_poll_that_hangs_is_given_up_and_counted() -> None:
    world = World(Feed(answer=lambda: Deferred()))
    polling = Deferred.fromCoroutine(world.poller.poll())
    results: list[bool] = []
    polling.addCallback(results.append)
    world.clock.advance(20)
    assert results == [False]
    assert world.tally.error_count == 1
    assert "TimeoutError" in (world.tally.last_error or "")


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ("surprise", "str"),
        (PollResult([{"type": "resource.changed"}], "1"), "dict"),
        (PollResult([], 17), "int"),
    ],
)
def test_what_is_no_poll_result_is_a_failed_poll(answer: Any, named: str) -> None:
    world = World(Feed(answer=lambda: succeed(answer)))
    assert done(world.poller.poll()) is False
    assert named in (world.tally.last_error or "")
    assert world.checkpoints.saved == []


def test_a_source_that_tries_to_end_the_process_has_failed_and_is_polled_again() -> None:
    world = World(Feed(answer=lambda: sys.exit(3)))
    loop = world.loop(interval=5)
    loop.begin(0)
    world.clock.pump([0, 5])
    assert len(world.source.asked) == 2
    assert world.tally.last_error == "SystemExit: 3"
    done(loop.stop())


def test_the_circuit_opens_after_five_failures_and_is_retried_after_a_minute() -> None:
    world = World(Feed(answer=fail))
    loop = world.loop(interval=5)
    loop.begin(0)
    world.clock.pump([0, 5, 5, 5])
    assert not world.circuit.is_open
    world.clock.advance(5)
    assert world.circuit.is_open
    assert len(world.source.asked) == 5
    world.clock.pump([5] * 11)
    assert len(world.source.asked) == 5
    world.clock.advance(5)
    assert len(world.source.asked) == 6
    assert world.phases()[-2:] == ["source.circuit_retry", "source.error"]
    world.source.answer = PollResult
    world.clock.advance(60)
    assert not world.circuit.is_open
    assert world.phases()[-1] == "source.circuit_close"
    world.clock.advance(5)
    assert len(world.source.asked) == 8
    done(loop.stop())
    assert world.clock.getDelayedCalls() == []


def test_stopping_waits_for_the_poll_under_way() -> None:
    answer: Deferred[PollResult] = Deferred()
    world = World(Feed(answer=lambda: answer))
    loop = world.loop()
    loop.begin(0)
    world.clock.advance(0)
    stopped: list[None] = []
    Deferred.fromCoroutine(loop.stop()).addCallback(stopped.append)
    assert stopped == []
    answer.callback(PollResult([draft("1")], "after 1"))
    assert stopped == [None]
    assert world.checkpoints.saved == ["after 1"]
    assert world.clock.getDelayedCalls() == []


def timer(world: World) -> DueTimer:
    assert isinstance(world.source, Hourly)
    return DueTimer(
        source=world.source, circuit=world.circuit, clock=world.clock, now_ms=world.now_ms
    )


def test_a_scheduled_source_is_polled_at_its_start_and_when_it_is_due() -> None:
    world = World(Hourly())
    due = timer(world)
    due.begin(0)
    world.clock.advance(0)
    assert len(world.source.asked) == 1
    world.clock.pump([30] * 119)
    assert len(world.source.asked) == 1
    world.clock.advance(30)
    assert len(world.source.asked) == 2
    done(due.stop())
    assert world.clock.getDelayedCalls() == []


@pytest.mark.parametrize("failures", [1, 3])
def test_a_scheduled_source_that_fails_is_asked_again_soon(failures: int) -> None:
    world = World(Hourly(answer=fail))
    due = timer(world)
    due.begin(0)
    world.clock.pump([0] + [5] * (failures - 1))
    assert world.tally.consecutive_errors == failures
    world.source.answer = PollResult
    world.clock.advance(5)
    assert world.tally.consecutive_errors == 0
    done(due.stop())
    assert world.clock.getDelayedCalls() == []


@pytest.mark.parametrize("named", [NOON, NOON.replace(tzinfo=None), "soon"])
def test_a_scheduled_source_that_names_no_moment_to_come_has_failed(named: Any) -> None:
    world = World(Wayward(due=named))
    due = timer(world)
    due.begin(0)
    world.clock.advance(0)
    assert (len(world.source.asked), world.tally.error_count) == (1, 1)
    world.clock.advance(5)
    assert len(world.source.asked) == 2
    done(due.stop())
    assert world.clock.getDelayedCalls() == []


# --- checkpoints that a person sets


def test_polling_goes_on_from_what_a_person_sets_also_before_the_first_poll() -> None:
    world = World(Feed(answer=lambda: PollResult([], "next")))
    world.checkpoints.first = "kept"

    assert done(world.poller.position.move("set")) is True
    done(world.poller.poll())

    assert world.source.asked == ["set"]
    assert world.checkpoints.saved == ["set", "next"]


def test_a_poll_under_way_does_not_overwrite_what_a_person_sets() -> None:
    answer: Deferred[PollResult] = Deferred()
    world = World(Feed(answer=lambda: answer))
    polling = Deferred.fromCoroutine(world.poller.poll())

    done(world.poller.position.move("set"))
    answer.callback(PollResult([draft("1")], "after 1"))

    assert done(polling) is True
    assert world.checkpoints.saved == ["set"]
    assert world.poller.checkpoint == "set"
    assert len(world.door.kept) == 1


def test_a_poll_that_ends_while_a_checkpoint_is_being_set_comes_too_late() -> None:
    writing: Deferred[None] = Deferred()
    world = World(Feed(answer=lambda: PollResult([], "after 1")))
    done(world.poller.position.load())
    world.checkpoints.writing = writing
    asked = Deferred.fromCoroutine(world.poller.position.move("set"))
    moves = world.poller.position.moves - 1

    late = Deferred.fromCoroutine(world.poller.position.advance("after 1", moves))
    writing.callback(None)

    done(asked)
    done(late)
    assert world.checkpoints.saved == ["set"]


def test_a_checkpoint_that_was_reset_lets_the_source_start_over() -> None:
    world = World(Feed(answer=lambda: PollResult([], "next")))
    world.checkpoints.first = "kept"
    done(world.poller.poll())

    assert done(world.poller.position.move(None)) is True
    done(world.poller.poll())

    assert world.source.asked == ["kept", None]
    assert done(world.poller.position.move(None)) is True


def test_a_checkpoint_that_cannot_be_kept_changes_nothing() -> None:
    world = World(Feed())
    world.checkpoints.first = "kept"
    done(world.poller.position.load())
    world.checkpoints.writing = failed(StorageUnavailable("the disk is full"))

    with pytest.raises(StorageUnavailable):
        done(world.poller.position.move("set"))

    assert world.poller.checkpoint == "kept"


def test_a_scheduled_source_is_polled_anew_once_its_checkpoint_was_moved() -> None:
    world = World(Hourly())
    due = timer(world)
    due.begin(0)
    world.clock.advance(0)

    due.hurry()
    world.clock.advance(0)

    assert len(world.source.asked) == 2
    done(due.stop())
    assert world.clock.getDelayedCalls() == []


def test_two_who_ask_for_a_poll_share_one() -> None:
    answer: Deferred[PollResult] = Deferred()
    world = World(Feed(answer=lambda: answer))

    both = [Deferred.fromCoroutine(world.circuit.poll()) for _ in range(2)]
    answer.callback(PollResult())

    assert [done(one) for one in both] == [None, None]
    assert len(world.source.asked) == 1
