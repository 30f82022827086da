"""Do blocking work that may never end, such as asking a name server that does not answer.

Threads of a pool would be missed by others, and are waited for at the end of a process.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

_AT_ONCE = 32


@define(eq=False)
class Threads:
    """Threads of their own, a limited number at once, that nobody waits for."""

    _reactor: IReactorFromThreads
    _turn: DeferredSemaphore = field(factory=lambda: DeferredSemaphore(_AT_ONCE), init=False)

    def run(self, work: Callable[..., Any], *arguments: Any) -> Deferred[Any]:
        """Fire with what ``work`` returns or raises. Cancelling it only stops the waiting."""
        return self._turn.run(self._begin, work, arguments)

    def _begin(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()

        def do() -> None:
            try:
                result = work(*arguments)
            except Exception:
                self._reactor.callFromThread(done.errback, Failure())
            else:
                self._reactor.callFromThread(done.callback, result)

        Thread(target=do, name="orgloop doctor", daemon=True).start()
        return done
