"""Make what a queue derives from its rows anew: counts, hours, lines, groups, who is due."""

from __future__ import annotations

import sqlite3

from orgloop.storage.hours import Hours
from orgloop.storage.queue_schema import IN_LINE, STANDING

_FIRST_OF_GROUP = """
    SELECT min(place) FROM deliveries
    WHERE group_no IS NOT NULL AND state = 'waiting' GROUP BY group_no
"""
_CARRIED = """
    SELECT group_no FROM deliveries WHERE group_no IS NOT NULL AND state <> 'merged'
"""

_STATEMENTS = (
    f"UPDATE deliveries SET place = row WHERE place IS NULL AND {STANDING}",
    # What the delivery that carried it is gone of goes by itself.
    "UPDATE deliveries SET state = 'waiting', into_id = NULL, gathering = NULL, group_no = NULL, "
    "deadline = NULL, place = coalesce(place, row) WHERE state = 'merged' AND settled_at IS NULL "
    f"AND (group_no IS NULL OR group_no NOT IN ({_CARRIED}))",
    # Whoever may not go yet loses its time again when its route is adopted.
    "UPDATE deliveries SET not_before = coalesce(not_before, due_at, created_at), due_at = NULL "
    "WHERE state = 'waiting'",
    "UPDATE deliveries SET due_at = not_before WHERE state = 'waiting' AND order_key IS NULL "
    f"AND (group_no IS NULL OR place IN ({_FIRST_OF_GROUP}))",
    "UPDATE deliveries SET due_at = not_before WHERE state = 'waiting' AND row IN "
    "(SELECT row FROM (SELECT row, row_number() OVER "
    "(PARTITION BY route, order_key, actor ORDER BY place) AS nth "
    f"FROM deliveries WHERE {IN_LINE}) WHERE nth = 1)",
    "INSERT INTO counts SELECT coalesce(actor, ''), coalesce(route, ''), state, count(*) "
    "FROM deliveries GROUP BY 1, 2, 3",
    "INSERT OR IGNORE INTO inboxes SELECT session_key, max(row), 0, 0 FROM deliveries "
    "WHERE state = 'inbox' AND session_key IS NOT NULL GROUP BY session_key",
    "DELETE FROM inboxes WHERE session_key NOT IN "
    "(SELECT session_key FROM deliveries WHERE state = 'inbox' AND session_key IS NOT NULL)",
    "DELETE FROM attempts WHERE row NOT IN (SELECT row FROM deliveries)",
)


def put_in_order(connection: sqlite3.Connection, highest_row: int) -> None:
    """Derive what the rows say; row numbers go on behind ``highest_row``, too."""
    for statement in _STATEMENTS:
        connection.execute(statement)
    hours = Hours()
    for row, created_at in connection.execute("SELECT row, created_at FROM deliveries"):
        hours.note(0, row, created_at)
    hours.write(connection)
    [last] = connection.execute("SELECT coalesce(max(row), 0) FROM deliveries").fetchone()
    connection.execute("DELETE FROM sqlite_sequence WHERE name = 'deliveries'")
    connection.execute(
        "INSERT INTO sqlite_sequence VALUES ('deliveries', ?)", (max(last, highest_row),)
    )
