"""Say in words what an entry holds: the same on a screen and in a system's log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from orgloop.logentry import LogEntry
from orgloop.printable import printable

# What stands on the line, in this order.
_FIELDS: Final = (
    ("source", "source"),
    ("event_type", "type"),
    ("route", "route"),
    ("transform", "transform"),
    ("target", "actor"),
    ("attempt", "attempt"),
    ("result", "result"),
    ("queue_depth", "waiting"),
)


def words_of(entry: LogEntry) -> Iterator[str]:
    """Yield what an entry holds as ``label=value``, its error and its ids aside."""
    for name, label in _FIELDS:
        value = getattr(entry, name)
        if value is not None:
            yield f"{label}={word(value)}"
    if entry.duration_ms is not None:
        yield f"{entry.duration_ms:.4g}ms"


def word(value: object) -> str:
    """Write a value so that it stays one thing among words, on one line."""
    text = printable(str(value))
    return f'"{text}"' if " " in text or not text else text
