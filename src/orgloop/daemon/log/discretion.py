"""Keep what a project hides out of the application log, whoever says it there."""

from __future__ import annotations

from attrs import evolve, frozen
from twisted.logger import LogEvent

from orgloop.daemon.log.logrecord import LogRecord
from orgloop.hidden import Hidden

# They tell of the process, and never quote anybody: an address in them is to be read.
_OURS = "orgloop.daemon."
_QUOTES = "orgloop.daemon.mishaps.uncaught"


@frozen
class Discretion:
    """Put log events into words without the values that must not be shown.

    Plugins log what they like, and errors say what they were raised with.
    """

    _hidden: Hidden

    def record(self, event: LogEvent) -> LogRecord:
        """Return what may be written of an event; see `LogRecord.of`."""
        record = LogRecord.of(event)
        if _quotes_nobody(record):
            return record
        conceal = self._hidden.conceal
        return evolve(record, message=conceal(record.message), traceback=conceal(record.traceback))


def _quotes_nobody(record: LogRecord) -> bool:
    name = record.logger or ""
    return name.startswith(_OURS) and not name.startswith(_QUOTES) and not record.traceback
