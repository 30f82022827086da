"""Stop for an error that nobody catches, if it is ours; say whose it is, if it is not."""

from __future__ import annotations

from typing import Any

from attrs import define, field
from twisted.logger import Logger, globalLogPublisher

from orgloop.config.model import ProjectDefinition
from orgloop.daemon.mishaps.blame import Owners
from orgloop.daemon.mishaps.failures import EscapedErrors
from orgloop.daemon.mishaps.uncaught import Sweep, log_what_nobody_catches
from orgloop.daemon.shutdown import Shutdown
from orgloop.daemon.wallclock import now_ms
from orgloop.logentry import LogEntry
from orgloop.runtime.runtime import Runtime


@define(eq=False)
class ErrorWatch:
    """From `begin` on: loggers hear of it as ``system.error`` or ``runtime.error``."""

    _log = Logger()

    _reactor: Any
    _runtime: Runtime
    _shutdown: Shutdown
    _sweep: Sweep = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._sweep = Sweep(self._reactor)

    def begin(self, definition: ProjectDefinition) -> None:
        """Look at what is logged from now on."""
        errors = EscapedErrors(self._ours, self._plugins, Owners.of(definition))
        globalLogPublisher.addObserver(errors)
        log_what_nobody_catches()
        self._sweep.start()

    def end(self) -> None:
        """Find what has not been found yet, while that can still be told of."""
        self._sweep.stop()

    def _ours(self, reason: str) -> None:
        self._shutdown.exit_code = 1  # at once: the last step may be under way
        self._reactor.callFromThread(self._tell, "system.error", reason)
        self._reactor.callFromThread(self._shutdown.fail, reason)

    def _plugins(self, plugin: str, error: str) -> None:
        self._log.error(
            "the {error} above is that of {plugin}, and stops nothing", error=error, plugin=plugin
        )
        self._reactor.callFromThread(self._tell, "runtime.error", f"{error} in {plugin}")

    def _tell(self, phase: str, error: str) -> None:
        self._runtime.observe(LogEntry(phase=phase, timestamp=now_ms(), error=error))
