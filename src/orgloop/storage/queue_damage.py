"""Find rows of a queue that contradict themselves: SQLite sees no byte flipped in a value."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from orgloop.storage.queue_schema import STANDING
from orgloop.storage.salvage.deliveries import DeliveryColumns, is_whole_json

_COLUMNS = ("id", "event_id", "event_seq", "route", "replay", "steps", "config", "body")


def damaged_deliveries(connection: sqlite3.Connection, project: str | None) -> Iterator[str]:
    """Say of each row that cannot be what was written which one it is, and what is wrong."""
    columns = DeliveryColumns((), (), project)
    for number, *values in connection.execute(f"SELECT row, {', '.join(_COLUMNS)} FROM deliveries"):
        row = dict(zip(_COLUMNS, values, strict=True))
        if not columns.has_own_id(row):
            yield f"the row {number} does not stand under its id"
        elif not is_whole_json(row):
            yield f"the delivery {row['id']} holds something that is no JSON"


def missing_events(queue: sqlite3.Connection, events: sqlite3.Connection) -> int:
    """Return how many open deliveries have no event in the log."""
    missing = 0
    for (seq,) in queue.execute(
        f"SELECT event_seq FROM deliveries WHERE {STANDING} AND state NOT IN ('dead', 'rejected')"
    ):
        missing += not events.execute("SELECT 1 FROM events WHERE seq = ?", (seq,)).fetchone()
    return missing
