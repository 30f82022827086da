"""The table of what transforms remember."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from orgloop.records import MemoryWrite, Recalled
from orgloop.storage.rows import select_for

_FORGOTTEN_PER_WRITE = 2  # more than are written: the table shrinks while it is used


def remember(
    connection: sqlite3.Connection, writes: Sequence[MemoryWrite], accepted_at: int
) -> None:
    """Keep what transforms remember, and forget a little of what has expired.

    Expiry is measured on acceptance times: ``accepted_at`` is of the oldest event that the writes
    come from. Events of a scope come in order, so none that follows can ask for what expired then.
    """
    if not writes:
        return
    connection.executemany(
        "INSERT INTO memory VALUES (?, ?, ?, ?) ON CONFLICT (scope, key) "
        "DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
        [(one.scope, one.key, one.value, one.expires_at) for one in writes],
    )
    for scope in {one.scope for one in writes}:
        connection.execute(
            "DELETE FROM memory WHERE scope = ? AND key IN (SELECT key FROM memory "
            "WHERE scope = ? AND expires_at < ? ORDER BY expires_at LIMIT ?)",
            (scope, scope, accepted_at, _FORGOTTEN_PER_WRITE * len(writes)),
        )


def forget_expired(connection: sqlite3.Connection, calls: Sequence[tuple[int, int]]) -> list[int]:
    """See `IDeliveryQueue.forget_memory`."""
    return [_forget_expired(connection, before, limit) for before, limit in calls]


def _forget_expired(connection: sqlite3.Connection, before: int, limit: int) -> int:
    forgotten, scope = 0, ""
    while forgotten < limit:
        # From one scope to the next, however much each remembers.
        [(scope,)] = connection.execute(
            "SELECT min(scope) FROM memory WHERE scope > ?", (scope,)
        ).fetchall()
        if scope is None:
            break
        forgotten += connection.execute(
            "DELETE FROM memory WHERE scope = ? AND key IN (SELECT key FROM memory "
            "WHERE scope = ? AND expires_at < ? ORDER BY expires_at LIMIT ?)",
            (scope, scope, before, limit - forgotten),
        ).rowcount
    return forgotten


def recall(connection: sqlite3.Connection, keys: Sequence[tuple[str, str]]) -> Recalled:
    """See `IDeliveryQueue.recall`."""
    # A cross join is made in the order written: the table is searched for each of the keys, and
    # never read whole.
    found = select_for(
        connection,
        "scope, key",
        keys,
        "SELECT memory.scope, memory.key, memory.value FROM wanted CROSS JOIN memory "
        "ON memory.scope = wanted.scope AND memory.key = wanted.key",
    )
    return {(scope, key): value for scope, key, value in found}
