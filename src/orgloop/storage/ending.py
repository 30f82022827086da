"""Settle rows without an attempt: given up, thrown away, too many, too old."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from orgloop.delivery import DeliveryState
from orgloop.storage.order import call_next
from orgloop.storage.queue_state import QueueState
from orgloop.storage.rows import as_list


def end_rows(
    connection: sqlite3.Connection,
    state: QueueState,
    rows: Sequence[int],
    to: DeliveryState,
    now: int,
    error: str | None = None,
) -> None:
    """Settle rows that are not in flight, whatever state they are in; the next in line goes on.

    Without an ``error`` they keep the one they have.
    """
    ended = connection.execute(
        "SELECT row, actor, route, state, order_key FROM deliveries "
        "WHERE row IN (SELECT value FROM json_each(?))",
        (as_list(rows),),
    ).fetchall()
    connection.executemany(
        "UPDATE deliveries SET state = ?, settled_at = ?, due_at = NULL, deadline = NULL, "
        "lease = NULL, error = coalesce(?, error) WHERE row = ?",
        [(to, now, error, row) for row, *_ in ended],
    )
    for _, actor, route, before, _ in ended:
        state.moved(actor, route, before, to)
    call_next(
        connection, sorted({(route, key) for _, _, route, _, key in ended if key is not None})
    )
