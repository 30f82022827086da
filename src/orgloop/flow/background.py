"""Let a coroutine run by itself, and notice when it fails."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from orgloop.errors import StorageUnavailable

T = TypeVar("T")
_PAUSE_SECONDS = 1.0  # between tries while the disk refuses


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


async def until_kept(
    change: Callable[[], Deferred[T]], clock: IReactorTime, is_over: Callable[[], bool]
) -> T:
    """Make a change, again and again while the disk refuses, and return its result.

    Raises `StorageUnavailable` once ``is_over``: nothing was changed then.
    """
    while True:
        try:
            return await change()
        except StorageUnavailable:
            if is_over():
                raise
            await deferLater(clock, _PAUSE_SECONDS)
