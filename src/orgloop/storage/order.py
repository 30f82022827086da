"""Keep the order of deliveries that share a key: only the head of each line is ever due."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence

from orgloop.storage.queue_schema import IN_LINE
from orgloop.storage.rows import select_for

Line = tuple[str, str]
"""Route and order key."""
_BEHIND = (
    "SELECT row, place, not_before, gate, state, actor FROM deliveries WHERE route = ? "
    f"AND order_key = ? AND place > ? AND {IN_LINE} ORDER BY place"
)


def taken_lines(connection: sqlite3.Connection, lines: Iterable[Line]) -> set[Line]:
    """Return those of ``lines`` that have a head already."""
    found = select_for(
        connection,
        "line_route, line_key",
        list(lines),
        "SELECT line_route, line_key FROM wanted WHERE EXISTS (SELECT 1 FROM deliveries "
        f"WHERE route = line_route AND order_key = line_key AND {IN_LINE})",
    )
    return {(route, key) for route, key in found}


def call_next(connection: sqlite3.Connection, lines: Sequence[Line]) -> None:
    """Give the head of each line its due time, if it waits without one."""
    for route, key in lines:
        connection.execute(
            "UPDATE deliveries SET due_at = not_before WHERE row = (SELECT row FROM deliveries "
            f"WHERE route = ? AND order_key = ? AND {IN_LINE} ORDER BY place LIMIT 1) "
            "AND state = 'waiting' AND due_at IS NULL",
            (route, key),
        )


def step_in(connection: sqlite3.Connection, row: int, line: Line) -> None:
    """Let a row that just began to wait, and has a due time, find its place in its line.

    Usually it is the head. It may come before one that waits already (its transforms took longer),
    or find that another has taken its place.
    """
    route, key = line
    in_line = f"SELECT row FROM deliveries WHERE route = ? AND order_key = ? AND {IN_LINE}"
    place = "(SELECT place FROM deliveries WHERE row = ?)"
    connection.execute(
        f"UPDATE deliveries SET due_at = NULL WHERE row = ({in_line} AND place > {place} "
        "ORDER BY place LIMIT 1) AND state = 'waiting'",
        (route, key, row),
    )
    connection.execute(
        f"UPDATE deliveries SET due_at = NULL WHERE row = ? AND EXISTS ({in_line} "
        f"AND place < {place})",
        (row, route, key, row),
    )


def behind(
    connection: sqlite3.Connection, passed: Collection[int], actor: str
) -> list[tuple[int, int, int, str | None]]:
    """Return row, place, not_before and gate of what waits next behind due rows of an actor.

    Nothing of a row that stands in no line, or if the one behind it is in flight or another
    actor's. What is passed over itself makes way for the one behind it.
    """
    found = []
    for row in passed:
        this = connection.execute(
            "SELECT route, order_key, place FROM deliveries "
            "WHERE row = ? AND actor = ? AND state = 'waiting' AND due_at IS NOT NULL "
            "AND order_key IS NOT NULL",
            (row, actor),
        ).fetchone()
        # The statement ends with the first row that is looked at and not passed over.
        in_line = () if this is None else connection.execute(_BEHIND, this)
        for one in in_line:
            if one[4:] != ("waiting", actor):
                break
            if one[0] not in passed:
                found.append(tuple(one[:4]))
                break
    return found
