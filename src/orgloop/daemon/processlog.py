"""Where the application log goes: its file always, standard error in the foreground."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from attrs import frozen
from twisted.logger import ILogObserver, LogPublisher, globalLogPublisher

from orgloop.daemon.applog import Terminal, at_least
from orgloop.daemon.logfile import LogFile
from orgloop.daemon.prepared import Prepared
from orgloop.daemon.surroundings import Surroundings
from orgloop.errors import OrgLoopError
from orgloop.sdk.rotating import LogFiles

_LIMIT_SECONDS = 2.0
"""How long the end of the process waits for a disk that hangs."""


@frozen
class ProcessLog:
    """The log of one process: ``observer`` may be given events before `open`."""

    path: Path
    file: LogFile
    observer: ILogObserver
    logs_elsewhere: bool

    @classmethod
    def of(cls, prepared: Prepared, surroundings: Surroundings) -> ProcessLog:
        """Return the log that a prepared start asks for; nothing is opened."""
        level = prepared.definition.defaults.log_level
        file = LogFile()
        observers = [at_least(level, file)]
        if not (surroundings.is_daemon or surroundings.logs_elsewhere):
            terminal = Terminal(sys.__stderr__ or sys.stderr, _local_time)
            observers.append(at_least(level, terminal))
        path = prepared.home.application_log
        return cls(path, file, LogPublisher(*observers), surroundings.logs_elsewhere)

    def open(self, files: LogFiles, now_ms: Callable[[], int]) -> None:
        """Begin to write to the file, which a file logger may share.

        Raises `OrgLoopError` if it cannot be written.
        """
        try:
            self.file.open(files.acquire(self.path, None, now_ms))
            atexit.register(self.close)
        except OSError as error:
            raise OrgLoopError(
                f"{self.path} cannot be written: {error.strerror}; "
                "check the disk and the directory's permissions"
            ) from error
        if self.logs_elsewhere:
            # twistd has an observer of its own, and ours comes beside it.
            globalLogPublisher.addObserver(self.observer)

    def reopen(self) -> None:
        """Open the file anew before the next line."""
        self.file.reopen()

    def close(self) -> None:
        """Write what waits: the last thing a process does."""
        self.file.close(_LIMIT_SECONDS)


def _local_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")
