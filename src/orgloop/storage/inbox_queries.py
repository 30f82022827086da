"""What lies in the inboxes of a queue: functions over a connection."""

from __future__ import annotations

import sqlite3

from orgloop.records import Inbox
from orgloop.storage.queue_schema import AWAITING, IN_INBOX

_OF_SESSION = f"FROM deliveries WHERE session_key = ? AND {IN_INBOX}"


def inboxes(connection: sqlite3.Connection, unnotified: bool) -> list[Inbox]:
    """See `IDeliveryQueue.inboxes`."""
    keys = _awaiting(connection) if unnotified else _filled(connection)
    found = [one for key in keys if (one := inbox(connection, key)) is not None]
    if unnotified:
        return [one for one in found if one.pending]
    return found


def _awaiting(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute(f"SELECT session_key FROM inboxes WHERE {AWAITING}")
    return [key for (key,) in found]


def _filled(connection: sqlite3.Connection) -> list[str]:
    """Return the sessions that have something, going from one to the next."""
    after = connection.execute(f"SELECT min(session_key) FROM deliveries WHERE {IN_INBOX}")
    [(key,)] = after.fetchall()
    found = []
    while key is not None:
        found.append(key)
        [(key,)] = connection.execute(
            f"SELECT min(session_key) FROM deliveries WHERE session_key > ? AND {IN_INBOX}", (key,)
        ).fetchall()
    return found


def inbox(connection: sqlite3.Connection, session_key: str) -> Inbox | None:
    """See `IDeliveryQueue.inbox`."""
    newest = connection.execute(
        "SELECT d.route, d.actor, i.generation, i.notified FROM deliveries AS d "
        "JOIN inboxes AS i ON i.session_key = d.session_key "
        f"WHERE d.row = (SELECT max(row) {_OF_SESSION})",
        (session_key,),
    ).fetchone()
    if newest is None:
        return None
    [(leased,)] = connection.execute(
        f"SELECT count(*) {_OF_SESSION} AND lease > ''", (session_key,)
    ).fetchall()
    route, actor, generation, notified = newest
    oldest_at, oldest_seq = _oldest(connection, session_key)
    return Inbox(
        session_key=session_key,
        pending=pending(connection, session_key),
        leased=leased,
        oldest_at=oldest_at,
        oldest_seq=oldest_seq,
        route=route,
        actor=actor,
        generation=generation,
        is_notified=notified >= generation,
    )


def pending(connection: sqlite3.Connection, session_key: str) -> int:
    """Return how many rows of an inbox are not leased."""
    [(count,)] = connection.execute(
        f"SELECT count(*) {_OF_SESSION} AND lease IS NULL", (session_key,)
    ).fetchall()
    return int(count)


def is_empty(connection: sqlite3.Connection, session_key: str) -> bool:
    """Whether an inbox holds nothing, leased or not."""
    found = connection.execute(f"SELECT 1 {_OF_SESSION} LIMIT 1", (session_key,)).fetchone()
    return found is None


def _oldest(connection: sqlite3.Connection, session_key: str) -> tuple[int | None, int | None]:
    found = connection.execute(
        f"SELECT accepted_at, event_seq {_OF_SESSION} AND lease IS NULL ORDER BY place LIMIT 1",
        (session_key,),
    ).fetchone()
    return found or (None, None)
