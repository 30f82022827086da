"""What must be done at a certain time about rows that nobody claims: stops, leases, inboxes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Literal

from orgloop.delivery import Delivery, DeliveryState
from orgloop.identity import event_seq_of
from orgloop.records import Overdue
from orgloop.storage.delivery_rows import COLUMNS, delivery_of
from orgloop.storage.rows import as_list

_SELECT = f"SELECT {COLUMNS} FROM deliveries"


def overdue(connection: sqlite3.Connection, project: str, now: int, limit: int) -> list[Overdue]:
    """See `IDeliveryQueue.overdue`."""
    found = connection.execute(
        f"SELECT lease, {COLUMNS} FROM deliveries WHERE deadline <= ? AND deadline IS NOT NULL "
        "ORDER BY deadline LIMIT ?",
        (now, limit),
    )
    return [_overdue(lease, delivery_of(project, row)) for lease, *row in found]


def _overdue(lease: str | None, delivery: Delivery) -> Overdue:
    kind: Literal["stop", "lease", "inbox"] = "stop"
    if delivery.state is DeliveryState.INBOX:
        kind = "inbox" if lease is None else "lease"
    return Overdue(delivery=delivery, kind=kind)


def next_deadline(connection: sqlite3.Connection) -> int | None:
    """See `IDeliveryQueue.next_deadline`."""
    [(deadline,)] = connection.execute(
        "SELECT min(deadline) FROM deliveries WHERE deadline IS NOT NULL"
    ).fetchall()
    return None if deadline is None else int(deadline)


def expecting(
    connection: sqlite3.Connection, project: str, tracking_id: str | None, event_seq: int | None
) -> list[Delivery]:
    """See `IDeliveryQueue.expecting`."""
    if tracking_id is not None:
        found = connection.execute(
            f"{_SELECT} WHERE tracking_id = ? AND state = 'delivered' ORDER BY row DESC",
            (tracking_id,),
        ).fetchall()
    elif event_seq is not None:
        found = _expecting_of_event(connection, event_seq)
    else:
        found = []
    return [delivery_of(project, row) for row in found]


def _expecting_of_event(connection: sqlite3.Connection, event_seq: int) -> list[tuple[object, ...]]:
    # A member of a batch went out with the delivery that carries it.
    carriers = {
        carrier: event_seq_of(carrier)
        for (carrier,) in connection.execute(
            "SELECT into_id FROM deliveries WHERE event_seq = ? AND into_id IS NOT NULL",
            (event_seq,),
        )
    }
    return connection.execute(
        f"{_SELECT} WHERE event_seq IN (SELECT value FROM json_each(?)) AND state = 'delivered' "
        "AND deadline IS NOT NULL AND (event_seq = ? OR id IN (SELECT value FROM json_each(?))) "
        "ORDER BY row DESC",
        (as_list({event_seq, *carriers.values()}), event_seq, as_list(carriers)),
    ).fetchall()


def stop_seen(connection: sqlite3.Connection, calls: Sequence[Sequence[str]]) -> list[None]:
    """See `IDeliveryQueue.stop_seen`."""
    connection.executemany(
        "UPDATE deliveries SET deadline = NULL "
        "WHERE event_seq = ? AND id = ? AND state = 'delivered'",
        [(event_seq_of(one), one) for ids in calls for one in ids],
    )
    return [None for _ in calls]
