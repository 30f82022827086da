"""The application log: what the process has to say of itself.

What happens to events is told by the project's loggers, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO

from attrs import define
from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    LogLevelFilterPredicate,
)
from zope.interface import implementer

from orgloop.daemon.logforms import as_json, as_text
from orgloop.daemon.logrecord import LogRecord
from orgloop.logentry import Level

_LEVELS: Mapping[str, LogLevel] = {
    "debug": LogLevel.debug,
    "info": LogLevel.info,
    "warn": LogLevel.warn,
    "error": LogLevel.error,
}


def at_least(level: Level, observer: ILogObserver) -> ILogObserver:
    """Let ``observer`` see events of this level and above."""
    predicate = LogLevelFilterPredicate(defaultLogLevel=_LEVELS[level])
    if level == "info":
        # What Twisted says at this level is about its own parts, not about OrgLoop.
        for namespace in ("twisted", "log_legacy"):
            predicate.setLogLevelForNamespace(namespace, LogLevel.warn)
    filtered: ILogObserver = FilteringLogObserver(observer, [predicate])
    return filtered


@implementer(ILogObserver)
@define(eq=False)
class Terminal:
    """Write events as text, for the person who runs the process in the foreground."""

    stream: IO[str]
    local_time: Callable[[float], str]
    """Writes a moment (seconds since the epoch) as the person reads it."""

    def __call__(self, event: LogEvent) -> None:
        """Write one event; see `ILogObserver`."""
        try:
            self.stream.write(as_text(self.local_time)(LogRecord.of(event)).decode())
            self.stream.flush()
        except (OSError, ValueError):
            return  # the terminal is gone; the file has it


def as_line(event: LogEvent) -> bytes:
    """Return an event as it stands in the file, if nobody wanted it otherwise: a JSON line."""
    return as_json(LogRecord.of(event))
