"""The application log: what the process has to say of itself, as JSON lines and on a terminal.

What happens to events is told by the project's loggers, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO

import orjson
from attrs import define
from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogEvent,
    LogLevel,
    LogLevelFilterPredicate,
    formatEvent,
)
from zope.interface import implementer

from orgloop.logentry import Level
from orgloop.printable import printable
from orgloop.times import to_iso

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
        when, level = self.local_time(event["log_time"]), _level(event)
        text = f"{when} {level:<5} {printable(_message(event))}\n"
        try:
            self.stream.write(text + _indented(_traceback(event)))
            self.stream.flush()
        except (OSError, ValueError):
            return  # the terminal is gone; the file has it


def as_line(event: LogEvent) -> bytes:
    """Return an event as a JSON line."""
    document = {
        "timestamp": to_iso(int(event["log_time"] * 1000)),
        "level": _level(event),
        "message": _message(event),
        "logger": event.get("log_namespace"),
    }
    if traceback := _traceback(event):
        document["traceback"] = traceback
    # Text from outside may hold what UTF-8 cannot: a lone surrogate from a file name.
    clean = {
        name: value.encode("utf-8", "backslashreplace").decode()
        for name, value in document.items()
        if isinstance(value, str)
    }
    return orjson.dumps(clean) + b"\n"


def _level(event: LogEvent) -> str:
    return str(event.get("log_level", LogLevel.info).name)


def _message(event: LogEvent) -> str:
    text = formatEvent(event)
    failure = event.get("log_failure")
    if failure is not None and event.get("log_level") is not LogLevel.critical:
        return f"{text}: {failure.getErrorMessage()}" if text else str(failure.getErrorMessage())
    return text or (str(failure.getErrorMessage()) if failure is not None else "")


def _traceback(event: LogEvent) -> str:
    failure = event.get("log_failure")
    return str(failure.getTraceback()) if failure is not None else ""


def _indented(text: str) -> str:
    return "".join(f"    {printable(line)}\n" for line in text.splitlines())
