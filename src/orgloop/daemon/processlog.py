"""Where the application log goes: its file always, standard error in the foreground."""

from __future__ import annotations

import contextlib
import sys
from datetime import datetime

from attrs import frozen
from twisted.logger import ILogObserver, LogPublisher, globalLogPublisher

from orgloop.daemon.applog import LogFile, Terminal, at_least
from orgloop.daemon.prepared import Prepared, Surroundings
from orgloop.errors import OrgLoopError


@frozen
class ProcessLog:
    """The log of one process: ``observer`` may be given events before `open`."""

    file: LogFile
    observer: ILogObserver
    logs_elsewhere: bool

    @classmethod
    def of(cls, prepared: Prepared, surroundings: Surroundings) -> ProcessLog:
        """Return the log that a prepared start asks for; nothing is opened."""
        level = prepared.definition.defaults.log_level
        file = LogFile(prepared.home.application_log)
        observers = [at_least(level, file)]
        if not (surroundings.is_daemon or surroundings.logs_elsewhere):
            terminal = Terminal(sys.__stderr__ or sys.stderr, _local_time)
            observers.append(at_least(level, terminal))
        return cls(file, LogPublisher(*observers), surroundings.logs_elsewhere)

    def open(self) -> None:
        """Begin to write to the file; raise `OrgLoopError` if it cannot be written."""
        try:
            self.file.open()
        except OSError as error:
            raise OrgLoopError(
                f"{self.file.path} cannot be written: {error.strerror}; "
                "check the disk and the directory's permissions"
            ) from error
        if self.logs_elsewhere:
            # twistd has an observer of its own, and ours comes beside it.
            globalLogPublisher.addObserver(self.observer)

    def reopen(self) -> None:
        """Open the file anew; one that cannot be opened is tried again with the next line."""
        with contextlib.suppress(OSError):
            self.file.reopen()


def _local_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")
