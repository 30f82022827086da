"""What people decide about single deliveries: once more, let go, throw away."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from attrs import frozen

from orgloop.delivery import DEAD_LETTERS, Delivery, DeliveryState
from orgloop.identity import delivery_id, event_seq_of
from orgloop.records import Again
from orgloop.storage.delivery_rows import deliveries_of
from orgloop.storage.depths import mark
from orgloop.storage.ending import end_rows
from orgloop.storage.inboxes import rest, sessions_of
from orgloop.storage.members import unsettle_members
from orgloop.storage.queue_state import QueueState
from orgloop.storage.rows import as_list, insert_rows
from orgloop.storage.waiting import let_wait

_AGAIN = (
    "deliveries (row, place, id, event_id, event_seq, route, actor, state, replay, accepted_at, "
    "created_at)"
)
# What is in flight or leased is somebody's to settle.
_DISCARDED = frozenset(
    {*DEAD_LETTERS, DeliveryState.MATCHED, DeliveryState.WAITING, DeliveryState.HELD}
)

DeliveryIds = Sequence[str]


@frozen
class Decisions:
    """Change rows that nobody is working on."""

    _state: QueueState

    def again(
        self, connection: sqlite3.Connection, calls: Sequence[Sequence[Again]]
    ) -> list[list[str]]:
        """See `IDeliveryQueue.again`."""
        return [[self._add(connection, one) for one in rows] for rows in calls]

    def _add(self, connection: sqlite3.Connection, one: Again) -> str:
        [(newest,)] = connection.execute(
            "SELECT coalesce(max(replay), 0) FROM deliveries "
            "WHERE event_seq = ? AND coalesce(route, '') = ?",
            (one.event_seq, one.route),
        ).fetchall()
        replay = max(newest, 0) + 1
        made = delivery_id(self._state.project, one.event_id, one.event_seq, one.route, replay)
        [row] = self._state.give_rows(1)
        columns = (
            *(row, row, made, one.event_id, one.event_seq, one.route, one.actor),
            *(DeliveryState.MATCHED, replay, one.accepted_at, one.created_at),
        )
        insert_rows(connection, _AGAIN, [columns])
        mark(connection, self._state, {row: one.actor})
        self._state.hours.note(0, row, one.created_at)
        self._state.count(one.actor, one.route, DeliveryState.MATCHED, 1)
        return made

    def reopen(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[DeliveryIds, int]]
    ) -> list[list[Delivery]]:
        """See `IDeliveryQueue.reopen`."""
        return [self._reopen(connection, ids, now) for ids, now in calls]

    def _reopen(self, connection: sqlite3.Connection, ids: DeliveryIds, now: int) -> list[Delivery]:
        # One without a route (its event could not be read) has nowhere to go.
        rows = _rows_in(connection, ids, DEAD_LETTERS, "route IS NOT NULL")
        for row, place in zip(rows, self._state.give_places(connection, len(rows)), strict=True):
            connection.execute(
                "UPDATE deliveries SET place = ?, base = attempts, settled_at = NULL, error = NULL "
                "WHERE row = ?",
                (place, row),
            )
            let_wait(connection, self._state, row, now)
        unsettle_members(connection, rows)
        return deliveries_of(connection, self._state.project, rows)

    def unhold(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[DeliveryIds, int]]
    ) -> list[list[Delivery]]:
        """See `IDeliveryQueue.unhold`."""
        return [self._unhold(connection, ids, now) for ids, now in calls]

    def _unhold(self, connection: sqlite3.Connection, ids: DeliveryIds, now: int) -> list[Delivery]:
        rows = _rows_in(connection, ids, {DeliveryState.HELD})
        for row in rows:
            let_wait(connection, self._state, row, now)
        return deliveries_of(connection, self._state.project, rows)

    def discard(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[DeliveryIds, int]]
    ) -> list[list[Delivery]]:
        """See `IDeliveryQueue.discard`."""
        return [self._discard(connection, ids, now) for ids, now in calls]

    def _discard(
        self, connection: sqlite3.Connection, ids: DeliveryIds, now: int
    ) -> list[Delivery]:
        rows = _rows_in(connection, ids, _DISCARDED)
        collected = _rows_in(connection, ids, {DeliveryState.INBOX}, "lease IS NULL")
        rows += collected
        end_rows(connection, self._state, rows, DeliveryState.DISCARDED, now)
        rest(connection, sessions_of(connection, collected))
        return deliveries_of(connection, self._state.project, rows)


def _rows_in(
    connection: sqlite3.Connection,
    ids: DeliveryIds,
    states: Iterable[DeliveryState],
    condition: str = "true",
) -> list[int]:
    """Return the rows with these ids that are in one of ``states``, in the order of their places.

    That is the order in which they wait again.
    """
    seqs = {one: seq for one in ids if (seq := event_seq_of(one)) is not None}
    found = connection.execute(
        "SELECT row FROM deliveries WHERE event_seq IN (SELECT value FROM json_each(?)) "
        "AND id IN (SELECT value FROM json_each(?)) "
        f"AND state IN (SELECT value FROM json_each(?)) AND {condition} ORDER BY place, row",
        (as_list(set(seqs.values())), as_list(seqs), as_list(states)),
    )
    return [row for (row,) in found]
