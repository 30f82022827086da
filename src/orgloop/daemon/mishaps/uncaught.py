"""Let no error vanish that nobody catches: in threads, in destructors, in dropped Deferreds."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

_SWEEP_SECONDS = 60.0

_log = Logger()


def log_what_nobody_catches() -> None:
    """Log what ends a thread or the process as critical, and what a destructor raises as an error.

    `orgloop.daemon.mishaps.failures` sees those in threads and stops for ours.
    """
    threading.excepthook = _in_thread
    sys.excepthook = _in_main_thread
    sys.unraisablehook = _unraisable


def _in_thread(found: threading.ExceptHookArgs) -> None:
    if found.exc_type is SystemExit:
        return  # that is how a thread may end
    failure = Failure(found.exc_value, found.exc_type, found.exc_traceback)
    name = found.thread.name if found.thread is not None else "unknown"
    _log.failure("thread {thread} has failed", failure, thread=name)


def _in_main_thread(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    _log.failure("the process fails", Failure(error, kind, traceback))
    sys.__excepthook__(kind, error, traceback)


def _unraisable(found: Any) -> None:
    failure = Failure(found.exc_value, found.exc_type, found.exc_traceback)
    what = found.err_msg or "an error that nothing can be done about"
    _log.error("{what} in {where!r}: {error}", what=what, where=found.object, error=failure.value)


@define(eq=False)
class Sweep:
    """Have what is garbage collected once a minute: a Deferred that failed unheard says so then.

    One that is part of a cycle might otherwise lie there for hours, in a runtime with little to do.
    What was loaded at the start is not looked at (``gc.freeze``), so this takes a moment only.
    """

    clock: IReactorTime
    collect: Callable[[], object] = gc.collect
    _loop: LoopingCall | None = field(default=None, init=False)

    def start(self) -> None:
        """Begin."""
        self._loop = LoopingCall(self.collect)
        self._loop.clock = self.clock
        self._loop.start(_SWEEP_SECONDS, now=False)

    def stop(self) -> None:
        """Look a last time."""
        if self._loop is not None and self._loop.running:
            self._loop.stop()
        self.collect()
