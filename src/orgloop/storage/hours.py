"""Find rows by time where rows are keyed by their order.

An index over times would cost every row something. Rows come almost in order of time, so it is
enough to keep where each hour begins. The clock may step back: then an hour begins once more, and
the bounds of a period still hold every row of it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

_HOUR_MS = 3_600_000

HOURS_TABLE = """
    CREATE TABLE hours (
        series INTEGER NOT NULL,
        first INTEGER NOT NULL,
        hour INTEGER NOT NULL,
        PRIMARY KEY (series, first)
    ) WITHOUT ROWID
"""


class Hours:
    """Keep where hours begin, for one or more series of rows. Belongs to the writing thread."""

    def __init__(self) -> None:
        self._current: dict[int, int] = {}
        self._begun: list[tuple[int, int, int]] = []

    def load(self, connection: sqlite3.Connection) -> None:
        """Read which hour each series is in."""
        self._begun = []
        # SQLite takes the other columns of a row with max() from that row.
        self._current = {
            series: hour
            for series, hour, _ in connection.execute(
                "SELECT series, hour, max(first) FROM hours GROUP BY series"
            )
        }

    def note(self, series: int, position: int, time_ms: int) -> None:
        """Take notice of a new row, at the end of its series."""
        hour = time_ms // _HOUR_MS
        if self._current.get(series) != hour:
            self._current[series] = hour
            self._begun.append((series, position, hour))

    def write(self, connection: sqlite3.Connection) -> None:
        """Write the hours that began in this transaction."""
        if self._begun:
            connection.executemany("INSERT INTO hours VALUES (?, ?, ?)", self._begun)
            self._begun = []


def bounds(
    connection: sqlite3.Connection, series: int, from_ms: int | None, to_ms: int | None
) -> tuple[int, int | None]:
    """Return the first and last position between which every row of a period lies.

    `None` for the last one: there is no bound. Rows of other times may lie there too.
    """
    begins: Sequence[tuple[int, int]] = connection.execute(
        "SELECT first, hour FROM hours WHERE series = ? ORDER BY first", (series,)
    ).fetchall()
    ends: list[int | None] = [first - 1 for first, _ in begins[1:]]
    inside = [
        (first, last)
        for (first, hour), last in zip(begins, [*ends, None], strict=False)
        if (from_ms is None or hour >= from_ms // _HOUR_MS)
        and (to_ms is None or hour <= to_ms // _HOUR_MS)
    ]
    if not inside:
        return 0, -1
    return inside[0][0], inside[-1][1]
