"""Settle rows without an attempt: given up, thrown away, too many, too old."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from orgloop.delivery import DeliveryState
from orgloop.storage.groups import take_over
from orgloop.storage.members import settle_members
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

    So do those of a batch that it was to begin. What is merged into them settles with them.
    Without an ``error`` they keep the one they have.
    """
    ended = connection.execute(
        "SELECT row, actor, route, state, order_key, group_no, "
        "gathering IS 'batch' FROM deliveries "
        "WHERE row IN (SELECT value FROM json_each(?))",
        (as_list(rows),),
    ).fetchall()
    connection.executemany(
        "UPDATE deliveries SET state = ?, settled_at = ?, due_at = NULL, deadline = NULL, "
        "lease = NULL, error = coalesce(?, error), "
        "group_no = CASE WHEN gathering IS 'batch' THEN NULL ELSE group_no END, "
        "gathering = CASE WHEN gathering IS 'batch' THEN gathering END WHERE row = ?",
        [(to, now, error, row) for row, *_ in ended],
    )
    for _, actor, route, before, *_ in ended:
        state.moved(actor, route, before, to)
    lines = {(route, key, actor) for _, actor, route, _, key, *_ in ended if key is not None}
    call_next(connection, sorted(line for line in lines if state.is_adopted(line[0])))
    left = {group_no for *_, group_no, is_batched in ended if is_batched and group_no is not None}
    for group_no in sorted(left):
        take_over(connection, state, group_no)
    settle_members(connection, [(group_no, now) for *_, group_no, batched in ended if not batched])
