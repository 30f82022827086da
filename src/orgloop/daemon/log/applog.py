"""The application log: what the process has to say of itself.

What happens to events is told by the project's loggers, not here.
"""

from __future__ import annotations

from collections.abc import Mapping

from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogLevel,
    LogLevelFilterPredicate,
)

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
