"""Keep the order of deliveries that share a key: only the head of each line is ever due."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence

from orgloop.storage.queue_schema import IN_LINE
from orgloop.storage.rows import select_for

Line = tuple[str, str, str]
"""Route, order key and actor: a route that gets another actor begins lines of its own for it."""
_OF_LINE = f"route = ? AND order_key = ? AND actor = ? AND {IN_LINE}"
_BEHIND = (
    "SELECT row, place, not_before, gate, state FROM deliveries "
    f"WHERE {_OF_LINE} AND place > ? ORDER BY place"
)


def taken_lines(connection: sqlite3.Connection, lines: Iterable[Line]) -> set[Line]:
    """Return those of ``lines`` that have a head already."""
    found = select_for(
        connection,
        "line_route, line_key, line_actor",
        list(lines),
        "SELECT line_route, line_key, line_actor FROM wanted WHERE EXISTS (SELECT 1 "
        "FROM deliveries WHERE route = line_route AND order_key = line_key "
        f"AND actor = line_actor AND {IN_LINE})",
    )
    return {(route, key, actor) for route, key, actor in found}


def call_next(connection: sqlite3.Connection, lines: Sequence[Line]) -> None:
    """Give the head of each line its due time, if it waits without one."""
    for line in lines:
        connection.execute(
            "UPDATE deliveries SET due_at = not_before WHERE row = (SELECT row FROM deliveries "
            f"WHERE {_OF_LINE} ORDER BY place LIMIT 1) AND state = 'waiting' AND due_at IS NULL",
            line,
        )


def step_in(connection: sqlite3.Connection, row: int, line: Line) -> None:
    """Let a row that just began to wait, and has a due time, find its place in its line.

    Usually it is the head. It may come before one that waits already (its transforms took longer),
    or find that another has taken its place.
    """
    in_line = f"SELECT row FROM deliveries WHERE {_OF_LINE}"
    place = "(SELECT place FROM deliveries WHERE row = ?)"
    connection.execute(
        f"UPDATE deliveries SET due_at = NULL WHERE row = ({in_line} AND place > {place} "
        "ORDER BY place LIMIT 1) AND state = 'waiting'",
        (*line, row),
    )
    connection.execute(
        f"UPDATE deliveries SET due_at = NULL WHERE row = ? AND EXISTS ({in_line} "
        f"AND place < {place})",
        (row, *line, row),
    )


def behind(
    connection: sqlite3.Connection, passed: Collection[int], actor: str
) -> list[tuple[int, int, int, str | None]]:
    """Return row, place, not_before and gate of what waits next behind due rows of an actor.

    Nothing of a row that stands in no line, or if the one behind it is in flight. What is passed
    over itself makes way for the one behind it.
    """
    found = []
    for row in passed:
        this = connection.execute(
            "SELECT route, order_key, actor, place FROM deliveries "
            "WHERE row = ? AND actor = ? AND state = 'waiting' AND due_at IS NOT NULL "
            "AND order_key IS NOT NULL",
            (row, actor),
        ).fetchone()
        # The statement ends with the first row that is looked at and not passed over.
        in_line = () if this is None else connection.execute(_BEHIND, this)
        for one in in_line:
            if one[4] != "waiting":
                break
            if one[0] not in passed:
                found.append(tuple(one[:4]))
                break
    return found
