"""Write the supervisor's own lines into the application log, beside those of its runtime."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from attrs import frozen
from twisted.logger import ILogObserver, LogEvent, LogPublisher
from zope.interface import implementer

from orgloop.daemon.applog import Terminal, as_line, at_least


@implementer(ILogObserver)
@frozen
class SharedLogFile:
    """Append each event to a file that another process rotates: it is opened for each line.

    A disk that refuses costs the line.
    """

    path: Path

    def __call__(self, event: LogEvent) -> None:
        """Write one event; see `ILogObserver`."""
        with suppress(OSError):
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            descriptor = os.open(self.path, flags, 0o600)
            try:
                os.write(descriptor, as_line(event))
            finally:
                os.close(descriptor)


def supervisor_log(
    path: Path, *, is_daemon: bool, local_time: Callable[[float], str]
) -> ILogObserver:
    """Return where the supervisor's events go: the file, and the terminal if it has one."""
    observers = [at_least("info", SharedLogFile(path))]
    if not is_daemon:
        terminal = Terminal(sys.__stderr__ or sys.stderr, local_time)
        observers.append(at_least("info", terminal))
    publisher: ILogObserver = LogPublisher(*observers)
    return publisher
