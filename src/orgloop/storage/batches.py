"""Make one delivery of the rows of a batch when its turn has come."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from orgloop.delivery import DeliveryState
from orgloop.identity import delivery_id
from orgloop.storage.queue_state import QueueState

_KEPT = (
    "event_id, event_seq, route, actor, accepted_at, created_at, bounded, order_key, config, "
    "prompt_file, prompt_digest, gate, group_key, group_no, not_before"
)


def form_batches(
    connection: sqlite3.Connection, state: QueueState, turns: Sequence[tuple[int, int | None]]
) -> list[int]:
    """Return the rows to be claimed, given what is due: numbers, and groups of those in a batch."""
    carriers: dict[int, int] = {}
    for _, group_no in turns:
        if group_no is not None and group_no not in carriers:
            carriers[group_no] = _form(connection, state, group_no)
    # More than one row of a batch may be due.
    return list(
        dict.fromkeys(row if group_no is None else carriers[group_no] for row, group_no in turns)
    )


def _form(connection: sqlite3.Connection, state: QueueState, group_no: int) -> int:
    """Add the row that carries a batch, at the place of the first; its members are fixed now."""
    members = connection.execute(
        "SELECT row, place, actor, route, event_id, event_seq, replay, created_at "
        "FROM deliveries WHERE group_no = ? AND state = 'waiting' ORDER BY place",
        (group_no,),
    ).fetchall()
    [number] = state.give_rows(1)
    carrier = _add(connection, state.project, number, members[0], members[-1])
    connection.execute(
        "UPDATE deliveries SET state = 'merged', into_id = ?, due_at = NULL, gathering = NULL "
        "WHERE group_no = ? AND state = 'waiting' AND row <> ?",
        (carrier, group_no, number),
    )
    for _, _, actor, route, *_ in members:
        state.moved(actor, route, DeliveryState.WAITING, DeliveryState.MERGED)
    *_, actor, route, _, _, _, created_at = members[-1]
    state.count(actor, route, DeliveryState.WAITING, 1)
    state.hours.note(0, number, created_at)
    return number


def _add(
    connection: sqlite3.Connection,
    project: str,
    number: int,
    first: Sequence[Any],
    last: Sequence[Any],
) -> str:
    row, _, _, route, event_id, event_seq, replay, _ = last
    carrier = delivery_id(project, event_id, event_seq, route, -1 - replay)
    connection.execute(
        f"INSERT INTO deliveries (row, place, id, replay, state, due_at, {_KEPT}) "
        f"SELECT ?, ?, ?, ?, 'waiting', not_before, {_KEPT} FROM deliveries WHERE row = ?",
        (number, first[1], carrier, -1 - replay, row),
    )
    return carrier
