"""Name traces and spans: an event's trace follows from the event, so that any run knows it."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

from orgloop.logentry import LogEntry


def trace_id_of(entry: LogEntry) -> bytes:
    """Return the 16 bytes by which the trace of an entry's event is known."""
    return _trace_and_root(entry.project, entry.event_id)[0]


def root_id_of(entry: LogEntry) -> bytes:
    """Return the 8 bytes of the span that every other span of the trace is a child of."""
    return _trace_and_root(entry.project, entry.event_id)[1]


def child_id(entry: LogEntry, run: int, number: int) -> bytes:
    """Return the 8 bytes of a span; ``run`` and ``number`` make it one of its own."""
    return _digest(8, entry.project, entry.event_id, run, number)


# The entries of an event come close together, and are asked for as steps and as records.
@lru_cache(maxsize=1024)
def _trace_and_root(project: str | None, event_id: str | None) -> tuple[bytes, bytes]:
    return _digest(16, project, event_id), _digest(8, project, event_id, "root")


def _digest(size: int, *parts: object) -> bytes:
    text = "\0".join(str(part) for part in parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).digest()
