"""A call of an actor ends, whatever the actor does."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from orgloop.flow.bounded_call import BoundedCall


def outcome(call: BoundedCall) -> list[Any]:
    seen: list[Any] = []
    call.outcome.addBoth(seen.append)
    return seen


def test_a_result_in_time_is_the_outcome() -> None:
    clock, answer = Clock(), Deferred[str]()
    seen = outcome(BoundedCall(answer, clock, 30))
    answer.callback("done")
    assert seen == ["done"]
    assert clock.getDelayedCalls() == []


def test_a_call_that_takes_too_long_is_cancelled_and_times_out() -> None:
    clock = Clock()
    seen = outcome(BoundedCall(Deferred(), clock, 30))
    clock.advance(29.9)
    assert seen == []
    clock.advance(0.1)
    assert seen[0].check(TimeoutError)
    assert "30 s" in str(seen[0].value)
    assert clock.getDelayedCalls() == []


def test_an_answer_that_is_found_when_the_time_is_up_counts() -> None:
    clock, answer = Clock(), Deferred[str]()
    seen = outcome(BoundedCall(answer, clock, 30))
    clock.callLater(30, answer.callback, "it was there")  # behind the time-out, in the same turn
    clock.advance(40)
    assert seen == ["it was there"]
    assert clock.getDelayedCalls() == []


def call_that_cleans_up(clock: Clock, cleaning: Deferred[str]) -> Deferred[str]:
    async def work() -> str:
        try:
            await Deferred()
        except CancelledError:
            return await cleaning
        raise AssertionError("nobody answers")

    return Deferred.fromCoroutine(work())


def test_a_cancelled_call_may_clean_up_and_still_say_how_it_went() -> None:
    clock, cleaning = Clock(), Deferred[str]()
    seen = outcome(BoundedCall(call_that_cleans_up(clock, cleaning), clock, 30))
    clock.advance(30)
    assert seen == []
    cleaning.callback("cleaned up")
    assert seen == ["cleaned up"]
    assert clock.getDelayedCalls() == []


def test_a_call_that_ignores_its_end_is_left_behind() -> None:
    clock = Clock()
    seen = outcome(BoundedCall(call_that_cleans_up(clock, Deferred()), clock, 30))
    clock.pump([30, 14.9])
    assert seen == []
    clock.advance(0.2)
    assert seen[0].check(TimeoutError)


def test_an_interrupted_call_is_cancelled_and_no_time_out() -> None:
    clock = Clock()
    call = BoundedCall(Deferred(), clock, 30)
    seen = outcome(call)
    call.interrupt()
    assert seen[0].check(CancelledError)
    assert clock.getDelayedCalls() == []


def test_interrupting_what_is_over_changes_nothing() -> None:
    clock, answer = Clock(), Deferred[str]()
    call = BoundedCall(answer, clock, 30)
    seen = outcome(call)
    answer.callback("done")
    call.interrupt()
    assert seen == ["done"]
    assert clock.getDelayedCalls() == []


@pytest.mark.parametrize("late", ["late", ValueError("late")])
def test_an_answer_after_it_was_left_behind_is_not_heard(late: object) -> None:
    clock, cleaning = Clock(), Deferred[Any]()
    seen = outcome(BoundedCall(call_that_cleans_up(clock, cleaning), clock, 1))
    clock.pump([1, 20])
    cleaning.callback(Failure(late) if isinstance(late, Exception) else late)
    assert len(seen) == 1
