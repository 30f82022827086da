"""Let a coroutine run by itself, and notice when it fails."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from orgloop.errors import PLUGIN_ERRORS, PluginError, StorageUnavailable
from orgloop.wording import described

T = TypeVar("T")
_PAUSE_SECONDS = 1.0  # between tries while the disk refuses


def in_background(coroutine: Coroutine[Deferred[Any], Any, None], log: Logger) -> Deferred[None]:
    """Run ``coroutine`` and return a Deferred that fires when it has ended, never with a failure.

    These coroutines end by being asked to; one that fails is a bug, and is logged as critical.
    """

    return heard(Deferred.fromCoroutine(coroutine), log)


def heard(work: Deferred[Any], log: Logger) -> Deferred[Any]:
    """Log a failure of ``work`` when it comes, also where its Deferred is kept until much later."""

    def failed(failure: Failure) -> None:
        if failure.check(CancelledError) is None:
            log.failure("a part of the flow has failed", failure=failure)

    return work.addErrback(failed)


def of_plugin(failure: Failure) -> Failure:
    """Return a failure of a plugin as one that an ``except`` of ours catches.

    A library may raise what is no `Exception`: asyncio's cancellation is none.
    """
    error = failure.value
    if error is None or isinstance(error, PLUGIN_ERRORS):
        return failure
    return Failure(PluginError(described(error)))


async def ended_within(
    coroutine: Coroutine[Deferred[Any], Any, None], seconds: float, clock: IReactorTime
) -> bool:
    """Wait for a plugin's ``coroutine`` for so long; say whether it has ended, and raise its error.

    One that has not is cancelled and left behind, whatever it makes of that.
    """
    ended: Deferred[Any] = Deferred()

    def fire(result: Any) -> None:
        if not ended.called:
            ended.callback(result)

    work = Deferred.fromCoroutine(coroutine)
    timer = clock.callLater(seconds, fire, TimeoutError)
    work.addBoth(fire)
    try:
        outcome = await ended
    except CancelledError:
        if not work.called:
            work.cancel()
        raise
    finally:
        if timer.active():
            timer.cancel()
    if outcome is TimeoutError:
        work.cancel()
        return False
    return True


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
