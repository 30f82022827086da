"""Turn the reactor for one piece of work, in a command that needs it once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar("T")


def turned(work: Callable[[Any], Awaitable[T]]) -> T:
    """Return what ``work`` (it is given the reactor) comes to, or raise what it raises.

    Once in a process: a reactor that has stopped does not turn again. Raises `KeyboardInterrupt` if
    a signal has stopped it before the work was done.
    """
    from twisted.internet import reactor as any_reactor

    reactor: Any = any_reactor
    ended: list[Any] = []

    async def begun() -> T:
        return await work(reactor)

    def begin() -> None:
        working = Deferred.fromCoroutine(begun())
        working.addBoth(ended.append)
        # Not `stop`, which waits for what strangers have left in the reactor's threads.
        working.addBoth(lambda _: reactor.crash())

    reactor.callWhenRunning(begin)
    reactor.run()
    if not ended:
        raise KeyboardInterrupt
    [outcome] = ended
    if isinstance(outcome, Failure):
        outcome.raiseException()
    result: T = outcome
    return result
