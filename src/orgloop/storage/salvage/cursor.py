"""Find the place from which a queue must be routed again, after some of its rows were lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

Stretch = tuple[int, int | None]
"""First and last sequence number of events whose rows may be gone; `None`: to the end."""


def place_to_route_from(
    queue: sqlite3.Connection, log: sqlite3.Connection, project: str | None, known: int | None
) -> int:
    """Return the cursor behind which every event is that may lack a row, at most ``known``.

    Routing an event again leaves the rows alone that are there.
    """
    high = _high(log)
    limit = high if known is None else min(known, high)
    first = (_first_event(log, project, stretch) for stretch in _gaps(queue))
    return min([limit, *(seq - 1 for seq in first if seq is not None)])


def _gaps(queue: sqlite3.Connection) -> Iterator[Stretch]:
    """Yield the stretches of events whose rows may be gone: rows have consecutive numbers."""
    before_row = before_seq = 0
    is_open = False
    for row, seq, replay in queue.execute(
        "SELECT row, event_seq, replay FROM deliveries ORDER BY row"
    ):
        is_open = is_open or row > before_row + 1
        before_row = row
        if replay == 0:
            if is_open:
                yield before_seq, seq
                is_open = False
            before_seq = seq
    yield before_seq, None


def _first_event(log: sqlite3.Connection, project: str | None, stretch: Stretch) -> int | None:
    first, last = stretch
    of_project = (
        "" if project is None else "AND project = (SELECT num FROM projects WHERE name = :name)"
    )
    found = log.execute(
        f"SELECT min(seq) FROM events WHERE seq BETWEEN :first AND :last {of_project}",
        {"first": first, "last": _high(log) if last is None else last, "name": project},
    ).fetchone()
    return None if found[0] is None else int(found[0])


def _high(log: sqlite3.Connection) -> int:
    row = log.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    return int(row[0]) if row else 0
