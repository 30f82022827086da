"""A plugin that is told to end is waited for as long as it may take, and no longer."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock

from orgloop.flow.background import ended_within


def begun(clock: Clock, coroutine: Any) -> tuple[Deferred[bool], list[Any]]:
    results: list[Any] = []
    waiting = Deferred.fromCoroutine(ended_within(coroutine, 5, clock))
    waiting.addBoth(results.append)
    return waiting, results


async def wait_for(gate: Deferred[None]) -> None:
    await gate


def test_one_that_ends_in_time_has_ended() -> None:
    clock, gate = Clock(), Deferred[None]()
    _, results = begun(clock, wait_for(gate))

    gate.callback(None)

    assert results == [True]
    assert not clock.getDelayedCalls()


def test_one_that_does_not_is_cancelled_and_left_behind() -> None:
    clock, gate = Clock(), Deferred[None]()
    _, results = begun(clock, wait_for(gate))

    clock.advance(5)

    assert results == [False]


def test_one_that_does_not_mind_being_cancelled_is_left_behind_all_the_same() -> None:
    async def stubborn() -> None:
        while True:
            try:
                await Deferred()
            except CancelledError:
                continue

    clock = Clock()
    _, results = begun(clock, stubborn())

    clock.advance(5)

    assert results == [False]


def test_its_error_is_the_callers() -> None:
    clock, gate = Clock(), Deferred[None]()
    _, results = begun(clock, wait_for(gate))

    gate.errback(ValueError("odd"))

    with pytest.raises(ValueError, match="odd"):
        results[0].raiseException()


def test_whoever_waits_may_be_cancelled() -> None:
    clock, gate = Clock(), Deferred[None]()
    waiting, results = begun(clock, wait_for(gate))

    waiting.cancel()

    assert results[0].check(CancelledError)
    assert not clock.getDelayedCalls()
