"""Let a command wait for strangers' code, but not for ever, and not after Ctrl+C."""

from __future__ import annotations

import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.interfaces import IReactorTime

from orgloop.doctor.patience import Blocked, Interruptible, at_most, interrupted_after
from orgloop.durations import Duration

T = TypeVar("T")


@define(eq=False)
class Patience:
    """Bound what takes too long, also what blocks; see `orgloop.runtime.rehearsal.bound.Bound`.

    Ctrl+C interrupts what blocks as well: the reactor, which is to hear of it, does not turn then.
    """

    _clock: IReactorTime
    _limit: Duration
    _is_over: bool = field(default=False, init=False)
    _under_way: Deferred[Any] | None = field(default=None, init=False)

    def end(self) -> None:
        """Wait no longer: what is under way is cancelled, so that it leaves no process behind."""
        self._is_over = True
        if self._under_way is not None:
            self._under_way.cancel()

    async def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        """Raise `TimeoutError`, or `KeyboardInterrupt` after Ctrl+C."""
        seconds = self._limit.seconds

        async def stepwise() -> T:
            return await Interruptible(work, seconds, self._step)

        begun = self._under_way = Deferred.fromCoroutine(stepwise())
        try:
            done: T = await at_most(begun, seconds, self._clock)
        except (DeferredTimeout, Blocked) as error:
            raise self._impatience from error
        if self._is_over:  # who was interrupted took it for an error, and went on
            raise KeyboardInterrupt
        return done

    @property
    def _impatience(self) -> BaseException:
        if self._is_over:
            return KeyboardInterrupt()
        return TimeoutError(f"takes longer than {self._limit}")

    @contextmanager
    def _step(self, seconds: float) -> Iterator[None]:
        before: Any = signal.getsignal(signal.SIGINT)

        def interrupt(number: int, frame: FrameType | None) -> None:
            self._is_over = True
            before(number, frame)
            raise Blocked

        if not callable(before):  # somebody wants it to be ignored
            with interrupted_after(seconds):
                yield
            return
        signal.signal(signal.SIGINT, interrupt)
        try:
            with interrupted_after(seconds):
                yield
        finally:
            signal.signal(signal.SIGINT, before)
