"""Keep waiting rows of routes that went away from falling due, until their route is back.

A parked row waits without a due time, as one behind the head of its line does, so the index of due
rows never holds it and what goes by is no slower for it. Its ``not_before`` is what it gets back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import frozen

from orgloop.storage.depths import bound
from orgloop.storage.queue_schema import IN_LINE, STANDING
from orgloop.storage.queue_state import QueueState
from orgloop.storage.rows import as_list

_WAITING = f"state = 'waiting' AND {STANDING}"


@frozen
class Parking:
    """Which routes are parked stands in a table: a start with nothing new looks at no row."""

    _state: QueueState

    def adopt(
        self,
        connection: sqlite3.Connection,
        calls: Sequence[tuple[Collection[str], Mapping[str, int]]],
    ) -> list[None]:
        """See `IDeliveryQueue.adopt`."""
        for routes, depths in calls:
            bound(connection, self._state, depths)
            self._state.adopted = frozenset(routes)
            parked = {route for (route,) in connection.execute("SELECT route FROM parked")}
            _bring_back(connection, parked.intersection(routes))
            _park(connection, self._state.waiting_routes().difference(routes, parked))
        return [None for _ in calls]


def park_row(connection: sqlite3.Connection, row: int, route: str) -> None:
    """Keep back a row that begins to wait for a route that is not there."""
    connection.execute("INSERT INTO parked VALUES (?) ON CONFLICT DO NOTHING", (route,))
    connection.execute("UPDATE deliveries SET due_at = NULL WHERE row = ?", (row,))


def _park(connection: sqlite3.Connection, routes: Collection[str]) -> None:
    if routes:
        connection.executemany("INSERT INTO parked VALUES (?)", [(route,) for route in routes])
        connection.execute(
            f"UPDATE deliveries SET due_at = NULL WHERE {_WAITING} AND due_at IS NOT NULL "
            "AND route IN (SELECT value FROM json_each(?))",
            (as_list(routes),),
        )


def _bring_back(connection: sqlite3.Connection, routes: Collection[str]) -> None:
    if routes:
        _forget(connection, routes)
        connection.execute(
            f"UPDATE deliveries SET due_at = not_before WHERE {_WAITING} AND order_key IS NULL "
            "AND due_at IS NULL AND route IN (SELECT value FROM json_each(?))",
            (as_list(routes),),
        )
        connection.executemany(
            # SQLite takes the other columns of a row with min() from that row.
            "UPDATE deliveries SET due_at = not_before WHERE state = 'waiting' AND due_at IS NULL "
            "AND row IN (SELECT row FROM (SELECT row, min(place) FROM deliveries "
            f"WHERE route = ? AND {IN_LINE} GROUP BY order_key, actor))",
            [(route,) for route in routes],
        )


def _forget(connection: sqlite3.Connection, routes: Iterable[str]) -> None:
    connection.executemany("DELETE FROM parked WHERE route = ?", [(route,) for route in routes])
