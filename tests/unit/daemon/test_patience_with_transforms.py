"""How long a rehearsal waits for strangers' code, and that Ctrl+C ends the waiting."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock

from orgloop.daemon.patience import Patience
from orgloop.doctor.patience import Interruptible
from orgloop.durations import Duration
from support.world import done


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """What the reactor would hear of Ctrl+C."""
    numbers: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGINT, before)


def patience(milliseconds: int = 60_000) -> Patience:
    return Patience(Clock(), Duration(milliseconds))


async def blocking(*, after_ctrl_c: bool) -> None:
    if after_ctrl_c:
        os.kill(os.getpid(), signal.SIGINT)
    while True:
        pass


async def swallowing() -> str:
    try:
        await blocking(after_ctrl_c=True)
    except BaseException:
        return "I went on"
    return ""


def test_what_answers_in_time_answers() -> None:
    async def answer() -> int:
        return 5

    assert done(patience()(answer())) == 5


def test_what_blocks_is_interrupted() -> None:
    with pytest.raises(TimeoutError, match="takes longer than 10ms"):
        done(patience(10)(blocking(after_ctrl_c=False)))


@pytest.mark.parametrize("work", [lambda: blocking(after_ctrl_c=True), swallowing])
def test_ctrl_c_interrupts_what_blocks(work: Any, heard: list[int]) -> None:
    with pytest.raises(KeyboardInterrupt):
        done(patience()(work()))

    assert heard == [signal.SIGINT]
    os.kill(os.getpid(), signal.SIGINT)
    assert heard == [signal.SIGINT, signal.SIGINT]


def test_the_end_cancels_what_is_waited_for() -> None:
    cancelled: list[str] = []

    async def script() -> None:
        try:
            await Deferred()
        except CancelledError:
            cancelled.append("the script is ended")

    waiting = patience()
    ended = Deferred.fromCoroutine(waiting(script()))
    waiting.end()

    with pytest.raises(KeyboardInterrupt):
        done(ended)
    assert cancelled == ["the script is ended"]


def test_what_nobody_waits_for_any_more_is_closed() -> None:
    left: list[str] = []

    async def work() -> None:
        try:
            await Deferred()
        finally:
            left.append("closed")

    steps = Interruptible(work(), 1.0).__await__()
    next(steps)
    steps.close()

    assert left == ["closed"]
