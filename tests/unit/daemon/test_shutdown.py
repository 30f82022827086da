"""The way out: six steps, in order, whatever happens in one of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from orgloop.daemon.shutdown import Shutdown
from orgloop.daemon.step import Step

NAMES = ("intake", "drain", "loggers", "storage", "listener")


class Way:
    """A shutdown whose steps wait until the test lets them go on."""

    def __init__(self) -> None:
        self.entered: list[str] = []
        self.left_with: list[int] = []
        self.gates: dict[str, Deferred[None]] = {name: Deferred() for name in NAMES}
        self.shutdown = Shutdown(
            steps=[
                Step(name, self._step(name), may_be_hurried=number < 3)
                for number, name in enumerate(NAMES)
            ],
            leave=self.left_with.append,
            clock=Clock(),
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
