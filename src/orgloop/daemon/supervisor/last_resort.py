"""End a runtime whose reactor does not turn, and learn what it was at."""

from __future__ import annotations

import signal
from collections.abc import Callable

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from orgloop.daemon.supervisor.output import IOutput

_DUMP_SECONDS = 1.0
_TERM_SECONDS = 5.0


@define(eq=False, kw_only=True)
class LastResort:
    """Ask for its stacks, then for an orderly end, then for none.

    ``faulthandler`` writes the stacks to standard error on SIGUSR2, also while C code holds the
    interpreter; a process that was stopped (SIGSTOP) writes none.
    """

    _log = Logger()

    pid: int
    send: Callable[[int], None]
    output: IOutput
    clock: IReactorTime
    _next: IDelayedCall | None = field(default=None, init=False)

    def begin(self) -> None:
        """Do it, unless `cancel` is called first."""
        position = self.output.position()
        self.send(signal.SIGUSR2)
        self._next = self.clock.callLater(_DUMP_SECONDS, self._terminate, position)

    def cancel(self) -> None:
        """The process is gone."""
        if self._next is not None and self._next.active():
            self._next.cancel()

    def _terminate(self, position: int) -> None:
        stacks = self.output.since(position).decode("utf-8", "backslashreplace").strip()
        self._log.error(
            "the runtime (PID {pid}) gives no sign of life and is ended; its stacks: {stacks}",
            pid=self.pid,
            stacks=stacks or "none were to be had",
        )
        self.send(signal.SIGTERM)
        self._next = self.clock.callLater(_TERM_SECONDS, self._kill)

    def _kill(self) -> None:
        self._log.error("the runtime (PID {pid}) does not end and is killed", pid=self.pid)
        self.send(signal.SIGKILL)
