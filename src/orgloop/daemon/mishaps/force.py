"""End a process whose way out is blocked: what can still be put in order is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from attrs import define
from twisted.logger import Logger

from orgloop.daemon.log.processlog import ProcessLog
from orgloop.daemon.mishaps.stacks import main_stack
from orgloop.daemon.shutdown import Shutdown

_BLOCKED = 1


@define(eq=False)
class EndByForce:
    """Called in a thread, when the reactor does not turn any more and the process does not end.

    Nothing that was accepted is lost by that: it is on disk, and is taken up by the next start.
    """

    shutdown: Shutdown
    process_log: ProcessLog
    files: Callable[[], Iterable[Path]]
    """What says that the process runs."""

    def __call__(self) -> None:
        """Say what is in the way, remove the files, end."""
        log = Logger(__name__, observer=self.process_log.observer)
        exit_code = self.shutdown.exit_code if self.shutdown.is_done else _BLOCKED
        log.critical(
            "the process does not end by itself and is ended (exit code {code}): {stack}",
            code=exit_code,
            stack=f"{main_stack().thread} is at {' < '.join(reversed(main_stack().lines))}",
        )
        for file in self.files():
            with suppress(OSError):
                file.unlink(missing_ok=True)
        self.process_log.close()
        os._exit(exit_code)
