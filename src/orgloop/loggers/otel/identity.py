"""Name traces and spans: an event's trace follows from the event, so that any run knows it."""

from __future__ import annotations

from hashlib import blake2b

from orgloop.logentry import LogEntry


def trace_id_of(entry: LogEntry) -> bytes:
    """Return the 16 bytes by which the trace of an entry's event is known."""
    return _digest(16, entry.project, entry.event_id)


def root_id_of(entry: LogEntry) -> bytes:
    """Return the 8 bytes of the span that every other span of the trace is a child of."""
    return _digest(8, entry.project, entry.event_id, "root")


def child_id(entry: LogEntry, run: int, number: int) -> bytes:
    """Return the 8 bytes of a span; ``run`` and ``number`` make it one of its own."""
    return _digest(8, entry.project, entry.event_id, run, number)


def _digest(size: int, *parts: object) -> bytes:
    text = "\0".join(str(part) for part in parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()
