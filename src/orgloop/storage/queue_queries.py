"""What can be asked of a queue: functions over a connection that reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import orjson

from orgloop.delivery import Delivery
from orgloop.identity import event_seq_of
from orgloop.records import DeliveryQuery, Matched
from orgloop.storage.conditions import Conditions
from orgloop.storage.delivery_rows import COLUMNS, delivery_of
from orgloop.storage.hours import bounds
from orgloop.storage.queue_schema import STANDING, STANDING_STATES
from orgloop.storage.rows import as_list

_SELECT = f"SELECT {COLUMNS} FROM deliveries"
_ATTEMPT = ("attempt", "started_at", "ended_at", "outcome", "error")


def matched(connection: sqlite3.Connection, route: str, limit: int) -> list[Matched]:
    """See `IDeliveryQueue.matched`."""
    found = connection.execute(
        "SELECT row, id, event_id, event_seq, route, actor, accepted_at, replay, place "
        "FROM deliveries WHERE state = 'matched' AND route = ? ORDER BY row LIMIT ?",
        (route, limit),
    )
    return [
        Matched(
            row=row,
            id=delivery_id,
            event_id=event_id,
            event_seq=event_seq,
            route=of_route,
            actor=actor,
            accepted_at=accepted_at,
            replay=replay,
            is_again=replay > 0 or place != row,  # a retry gets a new place
        )
        for (
            row,
            delivery_id,
            event_id,
            event_seq,
            of_route,
            actor,
            accepted_at,
            replay,
            place,
        ) in found
    ]


def get(connection: sqlite3.Connection, project: str, delivery_id: str) -> Delivery | None:
    """See `IDeliveryQueue.get`."""
    found = connection.execute(
        f"{_SELECT} WHERE event_seq = ? AND id = ?", (event_seq_of(delivery_id), delivery_id)
    ).fetchone()
    return delivery_of(project, found) if found else None


def for_events(
    connection: sqlite3.Connection, project: str, event_seqs: Sequence[int]
) -> dict[int, list[Delivery]]:
    """See `IDeliveryQueue.for_events`."""
    found = connection.execute(
        f"{_SELECT} WHERE event_seq IN (SELECT value FROM json_each(?)) ORDER BY row",
        (as_list(event_seqs),),
    )
    rows: dict[int, list[Delivery]] = {}
    for row in found:
        delivery = delivery_of(project, row)
        rows.setdefault(delivery.event_seq, []).append(delivery)
    return rows


def query(connection: sqlite3.Connection, project: str, wanted: DeliveryQuery) -> list[Delivery]:
    """See `IDeliveryQueue.query`."""
    found: list[tuple[Any, ...]] = []
    # One state at a time: each is read from one end on, however many rows there are.
    for state in wanted.states or (None,):
        found += _of_state(connection, wanted, state)
    found.sort(key=lambda row: row[0], reverse=not wanted.oldest_first)
    return [delivery_of(project, row[1:]) for row in found[: wanted.limit]]


def _of_state(
    connection: sqlite3.Connection, wanted: DeliveryQuery, state: str | None
) -> list[tuple[Any, ...]]:
    conditions = Conditions()
    if state is not None:
        conditions.add("state = ?", state)
    if state in STANDING_STATES:
        conditions.add(STANDING)
    conditions.add_any_of("actor", wanted.actors)
    conditions.add_any_of("route", wanted.routes)
    if wanted.event_seq is not None:
        conditions.add("event_seq = ?", wanted.event_seq)
    _bound_by_time(connection, wanted, conditions)
    if wanted.before is not None:
        conditions.add(
            f"row {'>' if wanted.oldest_first else '<'} "
            "(SELECT row FROM deliveries WHERE event_seq = ? AND id = ?)",
            event_seq_of(wanted.before),
            wanted.before,
        )
    direction = "ASC" if wanted.oldest_first else "DESC"
    return connection.execute(
        f"SELECT row, {COLUMNS} FROM deliveries {conditions.where} ORDER BY row {direction} LIMIT ?",
        (*conditions.parameters, wanted.limit),
    ).fetchall()


def _bound_by_time(
    connection: sqlite3.Connection, wanted: DeliveryQuery, conditions: Conditions
) -> None:
    if wanted.created_from is None and wanted.created_to is None:
        return
    first, last = bounds(connection, 0, wanted.created_from, wanted.created_to)
    conditions.add("row >= ?", first)
    if last is not None:
        conditions.add("row <= ?", last)
    if wanted.created_from is not None:
        conditions.add("created_at >= ?", wanted.created_from)
    if wanted.created_to is not None:
        conditions.add("created_at < ?", wanted.created_to)


def history(connection: sqlite3.Connection, delivery_id: str) -> dict[str, Any]:
    """See `IDeliveryQueue.history`."""
    found = connection.execute(
        "SELECT row, steps FROM deliveries WHERE event_seq = ? AND id = ?",
        (event_seq_of(delivery_id), delivery_id),
    ).fetchone()
    if found is None:
        return {"steps": [], "attempts": []}
    row, steps = found
    attempts = connection.execute(
        f"SELECT {', '.join(_ATTEMPT)} FROM attempts WHERE row = ? ORDER BY attempt", (row,)
    )
    return {
        "steps": orjson.loads(steps) if steps else [],
        "attempts": [dict(zip(_ATTEMPT, attempt, strict=True)) for attempt in attempts],
    }
