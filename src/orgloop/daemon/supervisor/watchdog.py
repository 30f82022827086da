"""Notice that a runtime's reactor does not turn any more."""

from __future__ import annotations

import math
from collections.abc import Callable

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from orgloop.durations import Duration

_SILENT_PERIODS = 3
_FIRST_BEAT_SECONDS = 120.0
"""A large project takes a while to load; its reactor turns only then."""


@define(eq=False, kw_only=True)
class Watchdog:
    """Look once a period whether a sign of life has come since the last look.

    Three looks in a row that found none are too many. Looks are counted, not seconds: a machine
    that was suspended, or a supervisor that was stopped itself, blames nobody.
    """

    clock: IReactorTime
    on_alive: Callable[[], None]
    """Called at each look that finds one."""
    on_wedged: Callable[[], None]
    """Called once."""
    _period: Duration = field(default=Duration(30_000), init=False)
    _has_beaten: bool = field(default=False, init=False)
    _heard: bool = field(default=False, init=False)
    _silent: int = field(default=0, init=False)
    _loop: LoopingCall | None = field(default=None, init=False)

    def watch(self, period: Duration) -> None:
        """Begin, or begin anew with another period."""
        self.rest()
        self._period, self._silent = period, 0
        self._loop = LoopingCall(self._look)
        self._loop.clock = self.clock
        self._loop.start(period.seconds, now=False)

    def rest(self) -> None:
        """Look no more: the runtime has ended, or waits for us."""
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.stop()

    def beat(self) -> None:
        """Take note of a sign of life."""
        self._heard = self._has_beaten = True

    def _look(self) -> None:
        if self._heard:
            self._heard, self._silent = False, 0
            self.on_alive()
            return
        self._silent += 1
        if self._silent >= self._limit():
            self.rest()
            self.on_wedged()

    def _limit(self) -> int:
        if self._has_beaten:
            return _SILENT_PERIODS
        return max(_SILENT_PERIODS, math.ceil(_FIRST_BEAT_SECONDS / self._period.seconds))
