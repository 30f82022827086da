"""Let a row wait that did not: it was held, or dead."""

from __future__ import annotations

import sqlite3

from orgloop.delivery import DeliveryState
from orgloop.storage.groups import stand_alone
from orgloop.storage.inboxes import enter
from orgloop.storage.order import step_in
from orgloop.storage.parking import park_row
from orgloop.storage.queue_state import QueueState


def let_wait(connection: sqlite3.Connection, state: QueueState, row: int, now: int) -> None:
    """Let a row go on, at its place: to its transforms, into its inbox, or to its actor."""
    actor, route, before, key, session_key, is_ready = connection.execute(
        "SELECT actor, route, state, order_key, session_key, config IS NOT NULL "
        "FROM deliveries WHERE row = ?",
        (row,),
    ).fetchone()
    to = _next_state(is_ready=bool(is_ready), session_key=session_key)
    state.moved(actor, route, before, to)
    if to is DeliveryState.INBOX:
        enter(connection, state, [session_key])
        _collect(connection, row, now)
        return
    connection.execute(
        "UPDATE deliveries SET state = ?, due_at = ?, not_before = ? WHERE row = ?",
        (to, *((now, now) if is_ready else (None, None)), row),
    )
    if to is DeliveryState.WAITING:
        stand_alone(connection, row)
    if to is DeliveryState.WAITING and key is not None:
        step_in(connection, row, (route, key, actor))
    if to is DeliveryState.WAITING and not state.is_adopted(route):
        park_row(connection, row, route)


def _next_state(*, is_ready: bool, session_key: str | None) -> DeliveryState:
    if not is_ready:
        return DeliveryState.MATCHED
    return DeliveryState.WAITING if session_key is None else DeliveryState.INBOX


def _collect(connection: sqlite3.Connection, row: int, now: int) -> None:
    """Let a row lie in its inbox, for as long as if it had just come."""
    connection.execute(
        "UPDATE deliveries SET state = 'inbox', expires_at = expires_at - not_before + ?1, "
        "deadline = expires_at - not_before + ?1, not_before = ?1 WHERE row = ?2",
        (now, row),
    )
