"""The way out: six steps, in order, whatever happens in one of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock

from orgloop.daemon.shutdown import Shutdown
from orgloop.daemon.step import Step
from orgloop.daemon.telling.witness import MAKING_WAY

NAMES = ("intake", "drain", "loggers", "storage", "listener")


class Way:
    """A shutdown whose steps wait until the test lets them go on."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.entered: list[str] = []
        self.left_with: list[int] = []
        self.reasons: list[str] = []
        self.gates: dict[str, Deferred[None]] = {name: Deferred() for name in NAMES}
        self.shutdown = Shutdown(
            steps=[
                Step(name, self._step(name), number < 3, limit_seconds=30)
                for number, name in enumerate(NAMES)
            ],
            leave=self.left_with.append,
            clock=self.clock,
            on_begin=self.reasons.append,
        )

    def _step(self, name: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            self.entered.append(name)
            await self.gates[name]

        return run

    def let(self, *names: str) -> None:
        for name in names:
            self.gates[name].callback(None)


@pytest.fixture
def way() -> Way:
    return Way()


def test_each_step_waits_for_the_one_before(way: Way) -> None:
    way.shutdown.request("SIGTERM")

    seen = []
    for name in NAMES:
        seen.append(list(way.entered))
        way.let(name)

    assert seen == [list(NAMES[: count + 1]) for count in range(5)]
    assert way.left_with == [0]


@pytest.mark.parametrize("under_way", [0, 1, 2])
def test_a_second_request_goes_straight_to_saving(way: Way, under_way: int) -> None:
    way.shutdown.request("SIGTERM")
    way.let(*NAMES[:under_way])

    way.shutdown.request("SIGTERM")

    assert way.entered == [*NAMES[: under_way + 1], "storage"]


def test_the_first_request_to_one_that_makes_way_hurries_nothing_and_is_told(way: Way) -> None:
    way.shutdown.make_way()

    way.shutdown.request("SIGTERM")
    unhurried = list(way.entered)
    way.shutdown.request("SIGTERM")

    assert unhurried == ["intake"]
    assert way.entered == ["intake", "storage"]
    assert way.reasons == [MAKING_WAY, "SIGTERM"]


def test_one_that_stops_does_not_begin_to_make_way(way: Way) -> None:
    way.shutdown.request("SIGTERM")

    way.shutdown.make_way()

    assert way.entered == ["intake"]
    assert way.reasons == ["SIGTERM"]


def test_saving_is_never_cut_short(way: Way) -> None:
    way.shutdown.request("SIGTERM")
    way.let("intake", "drain", "loggers")

    way.shutdown.request("SIGTERM")
    way.shutdown.request("SIGTERM")

    assert way.left_with == []
    way.let("storage", "listener")
    assert way.left_with == [0]


def test_a_step_that_fails_is_told_and_the_rest_follows(way: Way, logged_errors: Any) -> None:
    way.shutdown.request("SIGTERM")
    way.gates["drain"].errback(OSError("disk"))
    way.let("intake", "loggers", "storage", "listener")

    assert way.entered == list(NAMES)
    assert way.left_with == [1]
    assert len(logged_errors.take(OSError)) == 1


def test_a_failure_ends_with_one_and_hurries_nothing(way: Way) -> None:
    way.shutdown.request("SIGTERM")

    way.shutdown.fail("a bug")

    assert way.entered == ["intake"]
    way.let(*NAMES)
    assert way.left_with == [1]


def test_whoever_waits_for_the_end_begins_it_if_nobody_has(way: Way) -> None:
    ended = Deferred.fromCoroutine(way.shutdown.finish("the reactor stops"))
    began = list(way.entered)

    way.let(*NAMES)

    assert began == ["intake"]
    assert ended.called
    assert way.left_with == [0]


def test_waiting_after_the_end_is_over_at_once(way: Way) -> None:
    way.let(*NAMES)
    way.shutdown.request("SIGTERM")

    assert Deferred.fromCoroutine(way.shutdown.finish("again")).called


def test_a_step_that_does_not_end_is_left_behind(way: Way) -> None:
    way.shutdown.request("SIGTERM")
    way.let("intake", "loggers", "storage", "listener")
    waits = list(way.entered)

    way.clock.advance(30)

    assert waits == ["intake", "drain"]
    assert way.entered == list(NAMES)
    assert way.left_with == [1]


def test_a_step_that_does_not_mind_being_hurried_has_a_last_moment(way: Way) -> None:
    async def stubborn() -> None:
        way.entered.append("stubborn")
        while True:
            try:
                await Deferred()
            except CancelledError:
                continue

    way.shutdown.steps = [Step("1 intake", stubborn, True, 30), *way.shutdown.steps[3:]]
    way.shutdown.request("SIGTERM")
    way.shutdown.request("SIGTERM")

    way.clock.advance(2)
    way.let("storage", "listener")

    assert way.entered == ["stubborn", "storage", "listener"]
    assert way.left_with == [0]
