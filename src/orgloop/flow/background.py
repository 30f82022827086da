"""Let a coroutine run by itself, and notice when it fails."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure


def in_background(coroutine: Coroutine[Deferred[Any], Any, None], log: Logger) -> Deferred[None]:
    """Run ``coroutine`` and return a Deferred that fires when it has ended, never with a failure.

    These coroutines end by being asked to; one that fails is a bug, and is logged as critical.
    """

    def failed(failure: Failure) -> None:
        if failure.check(CancelledError) is None:
            log.failure("a part of the flow has failed", failure=failure)

    return Deferred.fromCoroutine(coroutine).addErrback(failed)


def until_over(work: Deferred[Any] | None) -> Deferred[None]:
    """Return a Deferred that fires when ``work`` has fired, and leave its result alone."""
    over: Deferred[None] = Deferred()
    if work is None:
        over.callback(None)
        return over

    def fire(result: Any) -> Any:
        over.callback(None)
        return result

    work.addBoth(fire)
    return over
