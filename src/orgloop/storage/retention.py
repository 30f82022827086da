"""Find the rows that are too old, and remove them, a few at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from attrs import define, frozen

from orgloop.delivery import OPEN_STATES, DeliveryState
from orgloop.storage.hours import bounds
from orgloop.storage.queue_schema import CARRYING, STANDING
from orgloop.storage.queue_state import QueueState
from orgloop.storage.reader import Reader
from orgloop.storage.rows import as_list

_OPEN = ", ".join(sorted(repr(str(state)) for state in OPEN_STATES))
_CARRIED = (
    "(state = 'merged' AND group_no IS NOT NULL AND EXISTS (SELECT 1 FROM deliveries AS carrier "
    f"WHERE carrier.group_no = d.group_no AND carrier.{CARRYING}))"
)
# The next replay gets its number, and with it its key, from the last one: that stays while anything
# else keeps their event in the log, from where it can be replayed.
_COUNTS = (
    "(replay > 0 AND EXISTS (SELECT 1 FROM deliveries AS other WHERE other.event_seq = d.event_seq "
    "AND (other.settled_at IS NULL OR other.settled_at >= ?1)))"
)
_LAST_ROW = 2**63 - 1
_AT_ONCE = 2_000  # rows looked at by one query, so that it holds nobody up


@frozen
class Forgetting:
    """Remove rows from the books."""

    _state: QueueState

    def forget(self, connection: sqlite3.Connection, calls: Sequence[Sequence[int]]) -> list[int]:
        """See `IDeliveryQueue.forget`."""
        return [self._forget(connection, rows) for rows in calls]

    def _forget(self, connection: sqlite3.Connection, rows: Sequence[int]) -> int:
        gone = connection.execute(
            "DELETE FROM deliveries WHERE row IN (SELECT value FROM json_each(?)) "
            f"AND state NOT IN ({_OPEN}) RETURNING row, actor, route, state",
            (as_list(rows),),
        ).fetchall()
        connection.execute(
            "DELETE FROM attempts WHERE row IN (SELECT value FROM json_each(?))",
            (as_list(row for row, *_ in gone),),
        )
        for _, actor, route, state in gone:
            self._state.count(actor, route, state, -1)
        return len(gone)


def prunable(
    connection: sqlite3.Connection, settled_before: int, after: int, limit: int
) -> tuple[list[int], int]:
    """See `IDeliveryQueue.prunable`. What came in later than that is not even looked at."""
    _, newest = bounds(connection, 0, None, settled_before)
    stretch = (
        f"SELECT row, settled_at < ?1 AND deadline IS NULL AND NOT {_CARRIED} AND NOT {_COUNTS} "
        "AS is_old FROM deliveries AS d WHERE row > ?2 AND row <= ?3 ORDER BY row LIMIT ?4"
    )
    place = (settled_before, after, _LAST_ROW if newest is None else newest, _AT_ONCE)
    old = [
        row
        for (row,) in connection.execute(
            f"SELECT row FROM ({stretch}) WHERE is_old LIMIT ?5", (*place, limit)
        )
    ]
    if len(old) == limit:
        return old, old[-1]
    [(last,)] = connection.execute(f"SELECT max(row) FROM ({stretch})", place).fetchall()
    return old, after if last is None else last


@define
class Ageing:
    """Go through what waits in short queries, each call where the one before has ended."""

    _reader: Reader
    _after: int = 0

    async def next(
        self, created_before: int, tried_since: int, actors: Collection[str] | None, limit: int
    ) -> list[int]:
        """See `IDeliveryQueue.aged`."""
        found: list[int] = []
        while len(found) < limit:
            asked = Aged(created_before, tried_since, actors, limit - len(found), self._after)
            rows, last = await self._reader.read(aged, asked)
            found += rows
            self._after = last or 0
            if last is None:
                break
        return found


@frozen
class Aged:
    """What one query of `Ageing` asks."""

    created_before: int
    tried_since: int
    actors: Collection[str] | None
    limit: int
    after: int


def aged(connection: sqlite3.Connection, asked: Aged) -> tuple[list[int], int | None]:
    """Return old rows among the next that wait; and the last looked at, `None` at the end."""
    _, newest = bounds(connection, 0, None, asked.created_before)
    stretch = connection.execute(
        f"""
        SELECT row, created_at < ? AND (
            route IN (SELECT route FROM parked)
            OR actor NOT IN (SELECT value FROM json_each(coalesce(?, json_array(actor))))
            OR EXISTS (SELECT 1 FROM attempts
                WHERE attempts.row = deliveries.row AND ended_at >= ?)
        )
        FROM deliveries
        WHERE state = '{DeliveryState.WAITING}' AND {STANDING} AND row > ? AND row <= ?
        ORDER BY row LIMIT ?
        """,
        (
            asked.created_before,
            None if asked.actors is None else as_list(asked.actors),
            asked.tried_since,
            asked.after,
            _LAST_ROW if newest is None else newest,
            _AT_ONCE,
        ),
    ).fetchall()
    old = [row for row, is_old in stretch if is_old]
    if len(old) > asked.limit:
        return old[: asked.limit], old[asked.limit - 1]
    return old, stretch[-1][0] if len(stretch) == _AT_ONCE else None


def referred(connection: sqlite3.Connection, event_seqs: Sequence[int]) -> set[int]:
    """See `IDeliveryQueue.referred`."""
    found = connection.execute(
        "SELECT DISTINCT event_seq FROM deliveries "
        "WHERE event_seq IN (SELECT value FROM json_each(?))",
        (as_list(event_seqs),),
    )
    return {seq for (seq,) in found}
