"""Tell systemd how the service gets on: see ``sd_notify(3)``."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import LoopingCall
from zope.interface import implementer

from orgloop.daemon.telling.witness import IWitness, ReadyRuntime
from orgloop.printable import printable

_RETRY_SECONDS = 0.1
_LOOK_SECONDS = 5.0
"""How old the status that systemd shows may be."""
# A start or a stop that takes long says so every few seconds, each time for as much longer: what
# has got stuck says nothing any more, and systemd's own limit holds.
_EXTEND_SECONDS = 10.0
_EXTENSION = "EXTEND_TIMEOUT_USEC=30000000"
_LONGEST_START_SECONDS = 1800.0
_FEEDS_PER_WATCHDOG = 2
_NOT_READ_ANEW = "the project is not read anew: restart the service for that"


@implementer(IWitness)
@define(eq=False, kw_only=True)
class Notifier:
    """Ready, reloading, stopping, a line of status, and signs of life while all is well.

    ``is_well`` is asked before each sign of life, ``status`` every few seconds; neither may block
    or raise. ``tell`` is `NotifySocket.tell`.
    """

    tell: Callable[..., bool]
    watchdog_seconds: float | None
    clock: IReactorTime
    status: Callable[[], str]
    is_well: Callable[[], bool]
    monotonic_ns: Callable[[], int]
    """``CLOCK_MONOTONIC``, which systemd goes by."""
    _unsent: deque[tuple[str, ...]] = field(factory=deque, init=False)
    _retry: IDelayedCall | None = field(default=None, init=False)
    _loops: list[LoopingCall] = field(factory=list, init=False)
    _shown: str | None = field(default=None, init=False)
    _extended_since: float = field(default=0.0, init=False)

    def starting(self) -> None:
        """Ask for more time now, and while the reactor turns again and again until `ready`."""
        self._extended_since = self.clock.seconds()
        self._repeat(_EXTEND_SECONDS, self._still_starting)

    def ready(self, runtime: ReadyRuntime) -> None:
        """See `IWitness.ready`."""
        self._end_loops()
        self._shown = self.status()
        self._say("READY=1", f"MAINPID={os.getpid()}", _status(self._shown))
        self._repeat(_LOOK_SECONDS, self._look)
        if self.watchdog_seconds is not None:
            self._repeat(self.watchdog_seconds / _FEEDS_PER_WATCHDOG, self._feed)

    def failed(self, exit_code: int, lines: Sequence[str]) -> None:
        """See `IWitness.failed`."""
        self._end_loops()
        self._say(_status(f"the start failed: {lines[-1]}" if lines else "the start failed"))

    def reloading(self) -> None:
        """See `IWitness.reloading`.

        The status that says what came of it stays until there is news of something else.
        """
        self._say("RELOADING=1", f"MONOTONIC_USEC={self.monotonic_ns() // 1000}")
        self._say("READY=1", _status(_NOT_READ_ANEW))

    def stopping(self, reason: str) -> None:
        """See `IWitness.stopping`."""
        self._end_loops()
        self._say("STOPPING=1", _status(f"stopping: {reason}"))
        self._repeat(_EXTEND_SECONDS, self._still_stopping)

    async def stopped(self) -> None:
        """See `IWitness.stopped`."""
        self._end_loops()
        if self._retry is not None and self._retry.active():
            self._retry.cancel()

    def _still_starting(self) -> None:
        if self.clock.seconds() - self._extended_since < _LONGEST_START_SECONDS:
            self._say(_EXTENSION, _status("starting"))

    def _still_stopping(self) -> None:
        # The grace bounds how long this goes on.
        self._say(_EXTENSION)

    def _look(self) -> None:
        status = self.status()
        if status != self._shown and not self._unsent:
            self._shown = status
            self._say(_status(status))

    def _feed(self) -> None:
        if self.is_well() and not self._unsent:
            self._say("WATCHDOG=1")

    def _say(self, *assignments: str) -> None:
        """Send a message, after those for which there was no room when they were said."""
        self._unsent.append(assignments)
        self._send()

    def _send(self) -> None:
        while self._unsent and self.tell(*self._unsent[0]):
            self._unsent.popleft()
        if self._unsent and (self._retry is None or not self._retry.active()):
            self._retry = self.clock.callLater(_RETRY_SECONDS, self._send)

    def _repeat(self, seconds: float, work: Callable[[], None]) -> None:
        loop = LoopingCall(work)
        loop.clock = self.clock
        self._loops.append(loop)
        loop.start(seconds)

    def _end_loops(self) -> None:
        loops, self._loops = self._loops, []
        for loop in loops:
            if loop.running:
                loop.stop()


def _status(text: str) -> str:
    return f"STATUS={printable(text)}"
