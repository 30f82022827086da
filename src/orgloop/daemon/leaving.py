"""Leave the process with an exit code of our own.

``twistd`` knows 0, and death by the signal it was sent. Anything else is set here, after ``twistd``
has ended in its own way and removed the PID file.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import define, field
from twisted.logger import Logger

if TYPE_CHECKING:  # a supervisor leaves, too, and imports nothing of a runtime
    from orgloop.daemon.log.processlog import ProcessLog


@define(eq=False)
class LastWords:
    """Say that the sixth step is done, when nothing is left to do but to end."""

    _process_log: ProcessLog
    _seconds: Callable[[], float]
    _began: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._began = self._seconds()

    def __call__(self) -> None:
        """Say it, and write what waits."""
        # By now twistd has let go of what it logs to.
        log = Logger("orgloop.daemon.shutdown", observer=self._process_log.observer)
        took = round(self._seconds() - self._began, 3)
        log.info("{step}: done after {seconds} s", step="6 exit", seconds=took)
        self._process_log.close()


def leave_with(code: int, last: Callable[[], None]) -> None:
    """Make ``code`` the exit code of this process, whenever it ends by itself; call ``last`` first.

    With a code other than 0, nothing else that was to be done at the exit is done.
    """
    atexit.register(_leave, code, last)


def _leave(code: int, last: Callable[[], None]) -> None:
    last()
    if not code:
        _be_deaf()
        return
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue  # nobody reads any more
    os._exit(code)


def _be_deaf() -> None:
    """Ignore what asks for an end that has come: Python gives up our handlers before it ends."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
