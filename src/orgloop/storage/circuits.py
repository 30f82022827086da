"""The operations of a lane whose actor may be away."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from attrs import frozen

from orgloop.delivery import Delivery, DeliveryState
from orgloop.records import NotedTime
from orgloop.storage.delivery_rows import deliveries_of
from orgloop.storage.ending import end_rows
from orgloop.storage.queue_state import QueueState


@frozen
class Circuits:
    """Give up what the actor will not take, and keep whether it takes anything."""

    _state: QueueState

    def give_up(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[int, int, str]]
    ) -> list[Delivery | None]:
        """See `IDeliveryQueue.give_up`."""
        return [self._give_up(connection, *call) for call in calls]

    def _give_up(
        self, connection: sqlite3.Connection, row: int, now: int, error: str
    ) -> Delivery | None:
        waits = connection.execute(
            "SELECT 1 FROM deliveries WHERE row = ? AND state = 'waiting'", (row,)
        ).fetchone()
        if waits is None:
            return None
        end_rows(connection, self._state, [row], DeliveryState.DEAD, now, error)
        [delivery] = deliveries_of(connection, self._state.project, [row])
        return delivery

    def note_degraded(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[str, str | None]]
    ) -> list[None]:
        """See `IDeliveryQueue.note_degraded`."""
        for actor, reason in calls:
            if reason is None:
                connection.execute("DELETE FROM degraded WHERE actor = ?", (actor,))
            else:
                connection.execute(
                    "INSERT INTO degraded VALUES (?, ?) "
                    "ON CONFLICT DO UPDATE SET reason = excluded.reason",
                    (actor, reason),
                )
        return [None for _ in calls]


def degraded(connection: sqlite3.Connection) -> dict[str, str]:
    """See `IDeliveryQueue.degraded`."""
    return dict(connection.execute("SELECT actor, reason FROM degraded ORDER BY actor"))


def note_time(connection: sqlite3.Connection, calls: Sequence[NotedTime]) -> list[None]:
    """See `IDeliveryQueue.note_time`."""
    connection.executemany(
        "INSERT INTO latest VALUES (1, ?, ?) "
        "ON CONFLICT DO UPDATE SET time = excluded.time, wall = excluded.wall "
        "WHERE excluded.time >= time",
        [(one.queue_ms, one.wall_ms) for one in calls],
    )
    return [None for _ in calls]


def latest(connection: sqlite3.Connection) -> NotedTime | None:
    """See `IDeliveryQueue.latest`."""
    found = connection.execute("SELECT time, wall FROM latest").fetchone()
    return NotedTime(*found) if found else None
