"""One step of the way out, and the waiting for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from attrs import define, field, frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

_LAST_MOMENT_SECONDS = 2.0
"""How long a step that is cut short has to end in order."""


@frozen
class Step:
    """What is done, and how long that may take: then the next step is taken.

    A step that may be hurried is cut short by a second request to stop.
    """

    name: str
    run: Callable[[], Awaitable[None]]
    may_be_hurried: bool = False
    limit_seconds: float = 10.0


class TookTooLong(Exception):
    """A step was left behind."""


@define(eq=False)
class UnderWay:
    """A step that has begun."""

    _step: Step
    _clock: IReactorTime
    over: Deferred[None] = field(factory=Deferred, init=False)
    """Fires with what became of it: nothing, its failure, `CancelledError` or `TookTooLong`."""
    _is_hurried: bool = field(default=False, init=False)
    _work: Deferred[None] = field(init=False)
    _timer: IDelayedCall = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._timer = self._clock.callLater(self._step.limit_seconds, self._leave_behind)
        self._work = Deferred.fromCoroutine(_awaited(self._step.run))
        self._work.addBoth(self._finish)

    def hurry(self) -> None:
        """Cut it short, if it may be."""
        if self._step.may_be_hurried and self._timer.active():
            self._is_hurried = True
            self._timer.reset(_LAST_MOMENT_SECONDS)
            self._work.cancel()

    def _leave_behind(self) -> None:
        self._finish(Failure(CancelledError() if self._is_hurried else TookTooLong()))
        self._work.cancel()

    def _finish(self, result: Any) -> None:
        if not self.over.called:
            if self._timer.active():
                self._timer.cancel()
            self.over.callback(result)


async def _awaited(run: Callable[[], Awaitable[None]]) -> None:
    await run()
