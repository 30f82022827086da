"""Fail a test that leaves something behind: a timer, a socket, a logged error, a lost Failure."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import LogEvent, LogLevel, globalLogBeginner
from twisted.python.failure import Failure

# A connection closed by a test is gone only after the reactor has turned. A test that needs more
# turns than this has left it open.
_TURNS = 200
_TURN_SECONDS = 0.005


# How long an example takes says more of what else the machine does than of the code.
with suppress(ImportError):  # where only the wheel is looked at there is none
    from hypothesis import HealthCheck, settings

    settings.register_profile(
        "unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("unhurried")


class LoggedErrors:
    """The errors logged during one test.

    A test that means to cause some asks for the fixture ``logged_errors`` and takes them out.
    """

    def __init__(self) -> None:
        self._events: list[LogEvent] = []

    def __call__(self, event: LogEvent) -> None:
        """Observe a log event."""
        level = event.get("log_level")
        has_failure = event.get("log_failure") is not None
        if level is LogLevel.critical or (level is LogLevel.error and has_failure):
            self._events.append(event)

    def take(self, *kinds: type[BaseException]) -> list[Failure]:
        """Return and forget the failures of these kinds (all if none is given).

        With no kinds, critical messages without a failure are forgotten too.
        """
        taken, kept = [], []
        for event in self._events:
            failure = event.get("log_failure")
            if not kinds or (failure is not None and failure.check(*kinds)):
                taken.append(failure)
            else:
                kept.append(event)
        self._events = kept
        return [failure for failure in taken if failure is not None]

    def describe(self) -> list[str]:
        """Say what was logged and not taken."""
        return [_described(event) for event in self._events]


def _described(event: LogEvent) -> str:
    failure = event.get("log_failure")
    text = f"logged error in {event.get('log_namespace')}: {event.get('log_format')}"
    return f"{text}\n{failure.getTraceback()}" if failure is not None else text


_logged = LoggedErrors()


def pytest_configure() -> None:
    globalLogBeginner.beginLoggingTo([_logged], discardBuffer=True, redirectStandardIO=False)


def pytest_sessionstart() -> None:
    from twisted.internet import reactor

    # The reactor adds wakers of its own when it starts to turn; they are no test's.
    pytest_twisted.blockon(_turn(reactor))


@pytest.fixture(scope="module", autouse=True)
def _settled() -> None:
    """Have full collections look at nothing that earlier modules of tests have left for good.

    What was imported, and documents of many megabytes that are read once for all tests, would
    otherwise be gone through after every single test.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture
def logged_errors() -> LoggedErrors:
    """The errors logged so far in this test; `LoggedErrors.take` those that were meant."""
    return _logged


@pytest.fixture(autouse=True)
def _leak_guard(request: pytest.FixtureRequest) -> Iterator[None]:
    from twisted.internet import reactor

    _logged.take()
    before = _alive(reactor)
    yield
    left = _left_behind(reactor, before)
    if request.node.stash.get(_FAILED, False):
        return  # what a failed test leaves behind would only hide why it failed
    if left:
        pytest.fail("the test leaves behind:\n" + "\n".join(left), pytrace=False)


_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


def _alive(reactor: Any) -> set[Any]:
    return {*reactor.getReaders(), *reactor.getWriters(), *reactor.getDelayedCalls()}


def _left_behind(reactor: Any, before: set[Any]) -> list[str]:
    for _ in range(_TURNS):
        left = _alive(reactor) - before
        if not left:
            break
        pytest_twisted.blockon(_turn(reactor))
    gc.collect()  # a Deferred that failed unheard says so when it is collected
    found = [f"open: {thing!r}" for thing in left] + _logged.describe()
    for thing in left:
        _close(reactor, thing)
    _logged.take()
    return found


def _turn(reactor: Any) -> Deferred[None]:
    return deferLater(reactor, _TURN_SECONDS)


def _close(reactor: Any, thing: Any) -> None:
    """Take a leak out of the reactor, so that only the test that left it fails."""
    if hasattr(thing, "cancel"):
        thing.cancel()
    else:
        reactor.removeReader(thing)
        reactor.removeWriter(thing)
