"""What a runtime does when it is sent a signal."""

from __future__ import annotations

from typing import Any

from attrs import define, field
from twisted.logger import Logger

from orgloop.daemon import signals
from orgloop.daemon.log.processlog import ProcessLog
from orgloop.daemon.log.streams import Redirection
from orgloop.daemon.mishaps.dump import Dump
from orgloop.daemon.mishaps.turning import TurningWatch
from orgloop.daemon.shutdown import Shutdown
from orgloop.daemon.telling.witness import Witnesses
from orgloop.runtime.observers import Observers


@define(eq=False, kw_only=True)
class Heeding:
    """Stop, open log files anew, say how it is: `heed` from when there is something to stop."""

    _log = Logger()

    reactor: Any
    shutdown: Shutdown
    watch: TurningWatch
    witnesses: Witnesses
    process_log: ProcessLog
    redirection: Redirection | None = field(default=None, init=False)
    """Set where standard output and standard error are files."""
    observers: Observers | None = field(default=None, init=False)
    """Set once there is a runtime."""
    dump: Dump | None = field(default=None, init=False)
    """Set once there is something to tell of."""

    def heed(self) -> None:
        """Heed signals from now on; a second time does the same again."""
        signals.install(
            self.reactor,
            asked_to_stop=self.watch.begin,
            stop=self.shutdown.request,
            reopen=self._reopen_logs,
            reload=self._not_reloaded,
            dump=self._dump,
        )

    def _not_reloaded(self) -> None:
        self._log.warn(
            "SIGHUP: the project is not read anew; `orgloop restart` does that", answer=True
        )
        self.witnesses.reloading()

    def _reopen_logs(self) -> None:
        self.process_log.reopen()
        if self.redirection is not None:
            self.redirection.reopen()
        if self.observers is not None:
            self.observers.reopen()
        self._log.info("SIGUSR1: all log files are opened anew", answer=True)

    def _dump(self) -> None:
        if self.dump is not None:
            self.dump()
