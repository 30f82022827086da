"""The operations around one attempt: keep what it sends, settle or release it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from orgloop.delivery import DeliveryState
from orgloop.records import Settlement
from orgloop.storage.members import settle_members
from orgloop.storage.order import Line, call_next, step_in
from orgloop.storage.queue_state import QueueState
from orgloop.storage.rows import as_list, insert_rows

_WAITING, _DELIVERING = DeliveryState.WAITING, DeliveryState.DELIVERING


@frozen
class Attempts:
    """Take notice of what attempts send and how they ended."""

    _state: QueueState

    def settle(self, connection: sqlite3.Connection, calls: Sequence[Settlement]) -> list[None]:
        """See `IDeliveryQueue.settle`. What is not in flight any more was settled before."""
        in_flight = _in_flight(connection, [one.row for one in calls])
        settled = []
        carried: list[tuple[int | None, int]] = []
        left: list[Line] = []
        back: list[tuple[int, Line]] = []
        moves: Counter[tuple[str, str, DeliveryState]] = Counter()
        for one in calls:
            self._state.give_back(one.row)
            if one.row not in in_flight:
                continue
            actor, route, attempt, key, group_no = in_flight.pop(one.row)
            settled.append((one, attempt))
            if one.state is not _WAITING:
                carried.append((group_no, one.now))
            moves[actor, route, one.state] += 1
            if key is not None:
                if one.state is _WAITING:
                    back.append((one.row, (route, key, actor)))
                else:
                    left.append((route, key, actor))
        for (actor, route, state), number in moves.items():
            self._state.moved(actor, route, _DELIVERING, state, number)
        _write_settled(connection, settled)
        settle_members(connection, carried)
        for row, line in back:
            step_in(connection, row, line)
        call_next(connection, left)
        return [None for _ in calls]

    def release(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[int, int]]
    ) -> list[None]:
        """See `IDeliveryQueue.release`. What is not in flight any more was released before."""
        in_flight = _in_flight(connection, [row for row, _ in calls])
        for row, now in calls:
            self._state.give_back(row)
            if row not in in_flight:
                continue
            actor, route, _, key, _ = in_flight.pop(row)
            self._state.moved(actor, route, _DELIVERING, _WAITING)
            connection.execute(
                "UPDATE deliveries SET state = 'waiting', due_at = ?, not_before = ?, "
                "attempts = attempts - 1, pid = NULL, process_started = NULL WHERE row = ?",
                (now, now, row),
            )
            if key is not None:
                step_in(connection, row, (route, key, actor))
        return [None for _ in calls]

    def prepare(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[int, bytes]]
    ) -> list[None]:
        """See `IDeliveryQueue.prepare`."""
        connection.executemany(
            "UPDATE deliveries SET content = ? WHERE row = ?",
            [(content, row) for row, content in calls],
        )
        return [None for _ in calls]

    def note_process(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[int, int, str]]
    ) -> list[None]:
        """See `IDeliveryQueue.note_process`."""
        connection.executemany(
            "UPDATE deliveries SET pid = ?, process_started = ? WHERE row = ?",
            [(pid, started, row) for row, pid, started in calls],
        )
        return [None for _ in calls]


def _in_flight(
    connection: sqlite3.Connection, rows: Sequence[int]
) -> dict[int, tuple[str, str, int, str | None, int | None]]:
    """Return actor, route, attempts, order key and group of those that are."""
    found = connection.execute(
        "SELECT row, actor, route, attempts, order_key, group_no FROM deliveries "
        "WHERE row IN (SELECT value FROM json_each(?)) AND state = 'delivering'",
        (as_list(rows),),
    )
    return {row: tuple(facts) for row, *facts in found}


def _write_settled(
    connection: sqlite3.Connection, settled: Sequence[tuple[Settlement, int]]
) -> None:
    connection.executemany(
        "UPDATE deliveries SET state = ?, due_at = ?, not_before = coalesce(?, not_before), "
        "settled_at = ?, error = ?, pid = NULL, process_started = NULL WHERE row = ?",
        [_columns(one) for one, _ in settled],
    )
    # An index that a statement does not touch costs it nothing, and few rows have these.
    connection.executemany(
        "UPDATE deliveries SET tracking_id = coalesce(?, tracking_id), deadline = ? WHERE row = ?",
        [
            (one.tracking_id, None if one.state is _WAITING else one.deadline, one.row)
            for one, _ in settled
            if one.tracking_id is not None or one.deadline is not None
        ],
    )
    insert_rows(
        connection,
        "attempts (row, attempt, started_at, ended_at, outcome, error)",
        [
            (one.row, attempt, one.started_at, one.now, one.outcome, one.error)
            for one, attempt in settled
        ],
        "ON CONFLICT DO UPDATE SET started_at = excluded.started_at, "
        "ended_at = excluded.ended_at, outcome = excluded.outcome, error = excluded.error",
    )


def _columns(one: Settlement) -> tuple[Any, ...]:
    is_retry = one.state is _WAITING
    due_at = (one.now if one.due_at is None else one.due_at) if is_retry else None
    settled_at = None if is_retry else one.now
    return one.state, due_at, due_at, settled_at, one.error, one.row
