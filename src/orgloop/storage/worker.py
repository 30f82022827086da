"""Threads of storage's own: one per connection, so that the reactor never waits for a file."""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

P = ParamSpec("P")
T = TypeVar("T")


class Worker(Protocol):
    """Something that does one piece of blocking work after another."""

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Do ``work`` after everything asked for earlier; fire with what it returns or raises."""

    def quit(self) -> None:
        """End after the work asked for so far. Waits for it: call it when there is none."""


NewWorker = Callable[[str], Worker]
"""Makes a worker of that name."""


class ThreadWorker:
    """A worker with a thread, begun with its first work; Deferreds fire on the reactor thread."""

    def __init__(self, reactor: IReactorFromThreads, name: str) -> None:
        self._reactor = reactor
        self._name = name
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """See `Worker.run`."""
        done: Deferred[T] = Deferred()

        def job() -> None:
            try:
                result: Any = work(*args, **kwargs)
            except BaseException:  # it belongs to whoever asked, whatever it is
                result = Failure()
            self._reactor.callFromThread(done.callback, result)

        if self._thread is None:
            # A daemon thread: a process that ends without closing its files must still end.
            self._thread = Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        self._queue.put(job)
        return done

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            job()

    def quit(self) -> None:
        """See `Worker.quit`."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None
