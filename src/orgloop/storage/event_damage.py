"""Find events that the disk has changed: SQLite does not see a byte flipped inside a value."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from orgloop.storage.event_queries import is_sound

# As with the structure of the file: reading all of a large log takes too long for a start.
_READ_WHOLE_BYTES = 16 * 1024 * 1024


def first_damaged_event(connection: sqlite3.Connection) -> str | None:
    """Say which event of a small log is damaged, if one is; of a large one nothing is said."""
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    if pages * size > _READ_WHOLE_BYTES:
        return None
    return next(damaged_events(connection), None)


def damaged_events(connection: sqlite3.Connection) -> Iterator[str]:
    """Say of each event that is not as it was written which one it is, and what is wrong."""
    for seq, event_id, body, crc, known in connection.execute(
        "SELECT e.seq, e.id, e.body, e.crc, ids.seq FROM events AS e "
        "LEFT JOIN ids ON ids.project = e.project AND ids.id = e.id ORDER BY e.seq"
    ):
        if not is_sound(body, crc):
            yield f"event {event_id} (number {seq}) is not as it was written"
        elif str(event_id).encode() not in body or known != seq:
            yield f"the event with number {seq} does not stand under its id"
