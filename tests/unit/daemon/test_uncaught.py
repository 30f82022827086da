"""Errors that nobody catches are found, wherever they come up."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import LogEvent, globalLogPublisher

from orgloop.daemon.mishaps.uncaught import Sweep, log_what_nobody_catches


@pytest.fixture
def hooks() -> Iterator[None]:
    before = threading.excepthook, sys.excepthook, sys.unraisablehook
    log_what_nobody_catches()
    yield
    threading.excepthook, sys.excepthook, sys.unraisablehook = before


def fail() -> None:
    raise ValueError("nobody catches it")


@pytest.mark.usefixtures("hooks")
def test_an_error_in_a_thread_is_critical_with_its_stack(logged_errors: Any) -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

    (failure,) = logged_errors.take(ValueError)
    assert failure.frames[-1][0] == "fail"


@pytest.mark.usefixtures("hooks")
def test_a_thread_may_end_itself() -> None:
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()


@pytest.mark.usefixtures("hooks")
def test_what_a_destructor_raises_is_an_error_and_no_more() -> None:
    class Odd:
        def __del__(self) -> None:
            fail()

    found: list[LogEvent] = []
    globalLogPublisher.addObserver(found.append)
    Odd()
    globalLogPublisher.removeObserver(found.append)

    assert [event["log_level"].name for event in found] == ["error"]


def test_a_deferred_that_failed_in_a_cycle_is_found_within_a_minute(logged_errors: Any) -> None:
    clock = Clock()
    sweep = Sweep(clock)
    sweep.start()
    gc.disable()
    try:
        lost: Any = Deferred()
        lost.itself = lost
        lost.errback(ValueError("unheard"))
        del lost
        unheard = logged_errors.take(ValueError)
        clock.advance(60)
        heard = logged_errors.take(ValueError)
    finally:
        gc.enable()
        sweep.stop()

    logged_errors.take()  # Twisted says in a line of its own what follows
    assert (len(unheard), len(heard)) == (0, 1)


def test_the_last_look_is_taken_at_the_end() -> None:
    looks: list[None] = []
    sweep = Sweep(Clock(), lambda: looks.append(None))
    sweep.start()

    sweep.stop()

    assert len(looks) == 1
