"""Write one log entry as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from attrs import frozen

from orgloop.event import JSONObject
from orgloop.logentry import LogEntry, as_json
from orgloop.loggers.wording import word, words_of
from orgloop.printable import printable

_RESET: Final = "\x1b[0m"
_DIM: Final = "\x1b[2m"
_COLOURS: Final = {"debug": _DIM, "info": "\x1b[32m", "warn": "\x1b[33m", "error": "\x1b[31m"}
_INDENT: Final = "    "


@frozen(kw_only=True)
class Format:
    """How entries look."""

    color: bool
    compact: bool
    show_payload: bool

    def text(self, entry: LogEntry) -> str:
        """Return an entry as one line, or unless ``compact`` as several, with their newlines."""
        line = " ".join(self._words(entry))
        if self.compact:
            return line + "\n"
        return "\n".join([line, *(_INDENT + detail for detail in self._details(entry))]) + "\n"

    def _words(self, entry: LogEntry) -> Iterator[str]:
        yield self._in(_DIM, _clock_time(entry.timestamp))
        yield self._in(_COLOURS[entry.level], f"{entry.phase:<18}")
        yield from words_of(entry)
        if entry.error is not None:
            yield self._in(_COLOURS["error"], f"error={word(entry.error)}")
        if self.compact:
            yield from self._compact_words(entry)

    def _compact_words(self, entry: LogEntry) -> Iterator[str]:
        if entry.event_id is not None:
            yield self._in(_DIM, printable(entry.event_id))
        if self.show_payload and entry.metadata:
            yield self._in(_DIM, _json(entry.metadata))

    def _details(self, entry: LogEntry) -> Iterator[str]:
        for label in ("project", "event_id", "trace_id"):
            value = getattr(entry, label)
            if value is not None:
                yield self._in(_DIM, f"{label}: {printable(value)}")
        if self.show_payload and entry.metadata:
            yield self._in(_DIM, f"metadata: {_json(entry.metadata)}")

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_RESET}" if self.color else text


def _clock_time(epoch_ms: int) -> str:
    """Write the time of day where the person is."""
    return datetime.fromtimestamp(epoch_ms / 1000).time().isoformat("milliseconds")


def _json(metadata: JSONObject) -> str:
    return printable(as_json(metadata).decode())
