"""See that the reactor turns until the process has ended: nothing may keep it from ending."""

from __future__ import annotations

import faulthandler
from collections.abc import Callable
from threading import Event, Thread
from typing import Protocol

from attrs import define, field

_STANDARD_ERROR = 2
_TICK_SECONDS = 1.0
_PATIENCE_TICKS = 10
_HURRIED_TICKS = 2
_LEAVING_TICKS = 3
# C code that does not let go of the interpreter stops the thread that ticks as well.
_FROZEN_SECONDS = 30.0


class _Reactor(Protocol):
    def callFromThread(self, callable: Callable[..., object], *args: object) -> None: ...


@define(eq=False)
class TurningWatch:
    """Once begun, call ``give_up`` in a thread when the reactor has not turned for ten seconds.

    After a second request to stop it is two, and three when all is done. Counted in ticks, so that
    a process that stood still as a whole is not blamed for it. A process that is frozen altogether
    is ended by ``faulthandler``, which writes down what its threads were at.
    """

    _reactor: _Reactor
    _give_up: Callable[[], None]
    tick: Callable[[float], bool] = field(factory=lambda: Event().wait)
    """Waits for so many seconds."""
    _begun: bool = field(default=False, init=False)
    _patience: int = field(default=_PATIENCE_TICKS, init=False)
    _missed: int = field(default=0, init=False)

    def begin(self) -> None:
        """Begin to watch, or hurry if that was done before. May be called in a signal handler."""
        if self._begun:
            self._patience = _HURRIED_TICKS
            return
        self.ensure()

    def ensure(self) -> None:
        """Begin to watch unless that was done before."""
        if not self._begun:
            self._begun = True
            Thread(target=self._watch, name="way out", daemon=True).start()

    def leave(self) -> None:
        """Expect the process to end: the reactor turns no more, and only threads may delay it."""
        self._patience = min(self._patience, _LEAVING_TICKS)

    def _watch(self) -> None:
        while self._missed < self._patience:
            faulthandler.dump_traceback_later(_FROZEN_SECONDS, exit=True, file=_STANDARD_ERROR)
            self._missed += 1
            self._reactor.callFromThread(self._turned)
            self.tick(_TICK_SECONDS)
        self._give_up()

    def _turned(self) -> None:
        self._missed = 0
