"""When it is told that much waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field
from twisted.internet.task import Clock

from orgloop.delivery import Delivery, DeliveryState
from orgloop.flow.pressure import Pressure
from orgloop.flow.tell import Tell
from orgloop.logentry import LogEntry
from orgloop.records import Overflow


@define
class Counts:
    """A queue of which only the counts are asked."""

    waiting: int = 0

    def counts(self) -> Mapping[tuple[str | None, str | None, str], int]:
        return {
            ("desk", "one", "waiting"): self.waiting // 2,
            ("desk", "two", "waiting"): self.waiting - self.waiting // 2,
            ("desk", "one", "delivered"): 10**6,
            ("other", "one", "waiting"): 10**6,
        }


@define
class Obituaries:
    """Books of which only the dead are asked."""

    dead: list[Delivery] = field(factory=list)

    def died(self, delivery: Delivery) -> None:
        self.dead.append(delivery)


class Watched:
    """A pressure, and what it tells."""

    def __init__(self, **queue_depths: int) -> None:
        self.clock = Clock()
        self.counts = Counts()
        self.obituaries = Obituaries()
        self.told: list[LogEntry] = []
        queue: Any = self.counts
        books: Any = self.obituaries
        self.pressure = Pressure(
            queue=queue,
            books=books,
            tell=Tell("org", lambda: 0, self.told.append, lambda project: True),
            clock=self.clock,
            queue_depths=queue_depths,
        )

    def add(self, count: int, *, waiting: int) -> None:
        self.counts.waiting = waiting
        self.pressure.added({"desk": count}, [])

    def overflow(self, *waiting: int) -> None:
        self.pressure.added({"desk": 1}, [Overflow(delivery=DEAD, waiting=n) for n in waiting])

    def depths(self) -> list[int | None]:
        assert {entry.phase for entry in self.told} <= {"pipeline.backpressure"}
        assert {entry.target for entry in self.told} <= {"desk"}
        return [entry.queue_depth for entry in self.told]


DEAD = Delivery(
    id="dlv_1",
    event_id="evt_1",
    event_seq=1,
    project="org",
    route="one",
    actor="desk",
    state=DeliveryState.DEAD,
    attempts=0,
    accepted_at=0,
    created_at=0,
)


def test_many_that_wait_are_told_of_once() -> None:
    watched = Watched()
    for waiting in range(1000, 15_000, 256):
        watched.add(256, waiting=waiting)
    assert watched.depths() == [10_216]


def test_many_that_came_are_not_many_that_wait() -> None:
    watched = Watched()
    for _ in range(100):
        watched.add(1000, waiting=500)
    assert watched.depths() == []


def test_many_that_waited_when_it_began_count() -> None:
    watched = Watched()
    watched.add(1, waiting=20_000)
    assert watched.depths() == [20_000]


def test_it_is_told_again_after_there_were_few() -> None:
    watched = Watched()
    for waiting in (10_000, 9_500, 10_500, 8_999, 9_999, 10_001):
        watched.add(1_000, waiting=waiting)
    assert watched.depths() == [10_000, 10_001]


def test_an_actor_with_a_bound_is_not_warned_of_but_overflows() -> None:
    watched = Watched(desk=100)
    watched.add(20_000, waiting=20_000)
    assert watched.depths() == []
    watched.overflow(100, 100)
    assert watched.depths() == [100]
    assert watched.obituaries.dead == [DEAD, DEAD]


def test_an_overflow_that_goes_on_is_told_of_once_a_minute() -> None:
    watched = Watched(desk=100)
    for _ in range(121):
        watched.overflow(100)
        watched.clock.advance(1)
    assert watched.depths() == [100] * 3
    assert len(watched.obituaries.dead) == 121
