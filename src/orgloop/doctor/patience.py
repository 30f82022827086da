"""Call a stranger's code without letting it stand in the way of everything else.

Code that waits the right way is bounded by a timer. Code that blocks keeps the timer from being
looked at; a signal interrupts it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import Any, Generic, TypeVar

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.interfaces import IReactorTime

T = TypeVar("T")

_AGAIN_SECONDS = 0.1  # what swallows the interruption meets the next one


class Blocked(BaseException):
    """The code blocked for too long. Not an `Exception`: it must get past a stranger's ``except``.

    Never leaves this room.
    """


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Raise `Blocked` in what runs inside if it takes longer than that.

    And at its end, if something in it took that for an error of its own and went on. In the main
    thread only; elsewhere nothing can be interrupted, and nothing is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    has_rung = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal has_rung
        has_rung = True
        raise Blocked

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_SECONDS)
        yield
    finally:
        _disarm(before)
        if has_rung:
            raise Blocked


def _disarm(before: Any) -> None:
    """Leave no alarm behind, also if it rings right now."""
    while True:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            return
        except Blocked:
            continue


@frozen
class Interruptible(Generic[T]):
    """An awaitable that goes through a coroutine step by step, and interrupts one that blocks.

    ``within`` is what interrupts a step.
    """

    _work: Coroutine[Any, Any, T]
    _step_seconds: float
    _within: Callable[[float], AbstractContextManager[None]] = interrupted_after

    def __await__(self) -> Generator[Any, Any, T]:
        """Wait for what the coroutine waits for; return what it returns."""
        step, given = self._work.send, None
        while True:
            try:
                with self._within(self._step_seconds):
                    waits_for = step(given)
            except StopIteration as done:
                result: T = done.value
                return result
            try:
                step, given = self._work.send, (yield waits_for)
            except GeneratorExit:  # nobody waits any more
                self._work.close()
                raise
            except BaseException as error:  # whatever it is, it is the coroutine's
                step, given = self._work.throw, error


def at_most(work: Deferred[Any], seconds: float, clock: IReactorTime) -> Deferred[Any]:
    """Return a Deferred that fires in time, also if ``work`` does not let itself be cancelled.

    Whoever waits for it hears of that before ``work`` is cancelled.
    """
    answer: Deferred[Any] = Deferred()

    def give_up() -> None:
        answer.errback(DeferredTimeout())
        work.cancel()

    timer = clock.callLater(seconds, give_up)

    def ended(result: Any) -> None:
        if timer.active():
            timer.cancel()
            answer.callback(result)

    work.addBoth(ended)
    return answer
