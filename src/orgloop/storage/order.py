"""Keep the order of deliveries that share a key: only the head of each line is ever due."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import orjson

from orgloop.storage.queue_schema import IN_LINE

Line = tuple[str, str]
"""Route and order key."""


def taken_lines(connection: sqlite3.Connection, lines: Iterable[Line]) -> set[Line]:
    """Return those of ``lines`` that have a head already."""
    wanted = orjson.dumps(list(set(lines))).decode()
    if wanted == "[]":
        return set()
    found = connection.execute(
        "SELECT json_extract(value, '$[0]') AS line_route, json_extract(value, '$[1]') AS line_key "
        "FROM json_each(?) WHERE EXISTS (SELECT 1 FROM deliveries "
        f"WHERE route = line_route AND order_key = line_key AND {IN_LINE})",
        (wanted,),
    )
    return set(found.fetchall())


def call_next(connection: sqlite3.Connection, lines: Sequence[Line]) -> None:
    """Give the head of each line its due time, if it waits without one."""
    for route, key in lines:
        connection.execute(
            "UPDATE deliveries SET due_at = not_before WHERE row = (SELECT row FROM deliveries "
            f"WHERE route = ? AND order_key = ? AND {IN_LINE} ORDER BY row LIMIT 1) "
            "AND state = 'waiting' AND due_at IS NULL",
            (route, key),
        )


def step_in(connection: sqlite3.Connection, row: int, line: Line) -> None:
    """Let a row that just began to wait find its place, be it before one that waits already."""
    route, key = line
    connection.execute(
        "UPDATE deliveries SET due_at = NULL WHERE row = (SELECT row FROM deliveries "
        f"WHERE route = ? AND order_key = ? AND {IN_LINE} AND row > ? ORDER BY row LIMIT 1) "
        "AND state = 'waiting'",
        (route, key, row),
    )
    call_next(connection, [line])
