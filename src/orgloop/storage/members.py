"""The rows that went into another one, which carries them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from orgloop.records import Member
from orgloop.storage.rows import as_list

_MERGED = "group_no = ? AND state = 'merged'"


def members_of(connection: sqlite3.Connection, group_no: int) -> list[Member]:
    """Return what a batch is made of, in order."""
    found = connection.execute(
        f"SELECT event_id, event_seq, body FROM deliveries WHERE {_MERGED} ORDER BY place",
        (group_no,),
    )
    return [
        Member(event_id=event_id, event_seq=event_seq, body=body)
        for event_id, event_seq, body in found
    ]


def member_ids(connection: sqlite3.Connection, group_no: int) -> list[str]:
    """Return the deliveries that a batch is made of, in order."""
    found = connection.execute(
        f"SELECT id FROM deliveries WHERE {_MERGED} ORDER BY place", (group_no,)
    )
    return [member for (member,) in found]


def settle_members(
    connection: sqlite3.Connection, settled: Iterable[tuple[int | None, int]]
) -> None:
    """Settle what is merged into rows that settled, given by group and time."""
    connection.executemany(
        f"UPDATE deliveries SET settled_at = ? WHERE {_MERGED}",
        [(at, group_no) for group_no, at in settled if group_no is not None],
    )


def unsettle_members(connection: sqlite3.Connection, rows: Sequence[int]) -> None:
    """Take it back that what is merged into these rows is settled: they wait again."""
    connection.execute(
        "UPDATE deliveries SET settled_at = NULL WHERE state = 'merged' AND group_no IN "
        "(SELECT group_no FROM deliveries WHERE row IN (SELECT value FROM json_each(?)) "
        "AND group_no IS NOT NULL)",
        (as_list(rows),),
    )
