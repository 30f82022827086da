"""Collect rows in inboxes, hand them out under leases, and take them back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from attrs import frozen

from orgloop.delivery import Delivery, DeliveryState
from orgloop.identity import event_seq_of
from orgloop.records import Drained
from orgloop.storage.claims import claims_of
from orgloop.storage.delivery_rows import deliveries_of
from orgloop.storage.ending import end_rows
from orgloop.storage.inbox_queries import is_empty, pending
from orgloop.storage.queue_schema import IN_INBOX
from orgloop.storage.queue_state import QueueState
from orgloop.storage.rows import as_list

_LEASE_ENDED = "the lease ended before what was handed out was acknowledged"


@frozen
class Draining:
    """One call of `IDeliveryQueue.drain`."""

    session_key: str
    limit: int
    lease: str
    until: int
    now: int
    settled_at: int


@frozen
class Inboxes:
    """Hand out what inboxes hold."""

    _state: QueueState

    def drain(self, connection: sqlite3.Connection, calls: Sequence[Draining]) -> list[Drained]:
        """See `IDeliveryQueue.drain`."""
        return [self._drain(connection, call) for call in calls]

    def _drain(self, connection: sqlite3.Connection, call: Draining) -> Drained:
        key = call.session_key
        ended = _leased(connection, key, "deadline <= ?", call.now)
        _put_back(connection, ended, call.settled_at)
        settled = self._deliver(connection, _leased(connection, key), call.settled_at)
        rows = _oldest(connection, key, call.limit)
        _hand_out(connection, rows, call)
        if rows:
            _note_drained(connection, key)
        elif settled:
            rest(connection, [key])
        return Drained(
            claims=claims_of(connection, rows),
            remaining=pending(connection, key),
            settled=settled,
        )

    def acknowledge(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[str, str | None, int]]
    ) -> list[list[Delivery]]:
        """See `IDeliveryQueue.acknowledge`."""
        return [self._acknowledge(connection, *call) for call in calls]

    def _acknowledge(
        self, connection: sqlite3.Connection, session_key: str, lease: str | None, now: int
    ) -> list[Delivery]:
        rows = _leased(connection, session_key, "? IN (lease, '')", lease or "")
        settled = self._deliver(connection, rows, now)
        if rows and _is_drained(connection, session_key):
            begin_generation(connection, self._state, [session_key])
        rest(connection, [session_key])
        return settled

    def _deliver(
        self, connection: sqlite3.Connection, rows: Sequence[int], now: int
    ) -> list[Delivery]:
        _end_attempts(connection, rows, "delivered", now)
        end_rows(connection, self._state, rows, DeliveryState.DELIVERED, now)
        return deliveries_of(connection, self._state.project, rows)

    def end_lease(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[Sequence[str], int, int]]
    ) -> list[list[Delivery]]:
        """See `IDeliveryQueue.end_lease`."""
        return [self._end_lease(connection, *call) for call in calls]

    def _end_lease(
        self, connection: sqlite3.Connection, ids: Sequence[str], now: int, ended_at: int
    ) -> list[Delivery]:
        rows = _rows_of(connection, ids, "lease IS NOT NULL AND deadline <= ?", now)
        _put_back(connection, rows, ended_at)
        left = [key for key in sessions_of(connection, rows) if not _leased(connection, key)]
        begin_generation(connection, self._state, left)
        return deliveries_of(connection, self._state.project, rows)

    def expire(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[Sequence[str], int, str]]
    ) -> list[list[Delivery]]:
        """See `IDeliveryQueue.expire`."""
        return [self._expire(connection, *call) for call in calls]

    def _expire(
        self, connection: sqlite3.Connection, ids: Sequence[str], now: int, error: str
    ) -> list[Delivery]:
        rows = _rows_of(connection, ids, "lease IS NULL")
        end_rows(connection, self._state, rows, DeliveryState.DEAD, now, error)
        rest(connection, sessions_of(connection, rows))
        return deliveries_of(connection, self._state.project, rows)


def enter(connection: sqlite3.Connection, state: QueueState, session_keys: Iterable[str]) -> None:
    """Take notice that rows are about to come into these inboxes; see `IDeliveryQueue.inboxes`."""
    keys = sorted(set(session_keys))
    begin_generation(
        connection,
        state,
        [key for key in keys if is_empty(connection, key) or _is_drained(connection, key)],
    )


def begin_generation(
    connection: sqlite3.Connection, state: QueueState, session_keys: Sequence[str]
) -> None:
    """Let a new notification be due for inboxes.

    A generation has the number of a place, so that none is used again, not even for an inbox that
    was forgotten meanwhile.
    """
    numbers = state.give_places(connection, len(session_keys))
    connection.executemany(
        "INSERT INTO inboxes VALUES (?, ?, 0, 0) "
        "ON CONFLICT DO UPDATE SET generation = excluded.generation, drained = 0",
        list(zip(session_keys, numbers, strict=True)),
    )


def note_notified(connection: sqlite3.Connection, calls: Sequence[tuple[str, int]]) -> list[None]:
    """See `IDeliveryQueue.note_notified`."""
    connection.executemany(
        "UPDATE inboxes SET notified = max(notified, ?) WHERE session_key = ?",
        [(generation, session_key) for session_key, generation in calls],
    )
    return [None for _ in calls]


def rest(connection: sqlite3.Connection, session_keys: Iterable[str]) -> None:
    """Forget inboxes that are empty now: there are as many as there ever were sessions."""
    connection.executemany(
        "DELETE FROM inboxes WHERE session_key = ?",
        [(key,) for key in session_keys if is_empty(connection, key)],
    )


def _note_drained(connection: sqlite3.Connection, session_key: str) -> None:
    """Let nothing be due for an inbox until something comes into it: its session is at work."""
    connection.execute(
        "UPDATE inboxes SET notified = generation, drained = 1 WHERE session_key = ?",
        (session_key,),
    )


def _is_drained(connection: sqlite3.Connection, session_key: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM inboxes WHERE session_key = ? AND drained", (session_key,)
    ).fetchone()
    return found is not None


def _oldest(connection: sqlite3.Connection, session_key: str, limit: int) -> list[int]:
    found = connection.execute(
        f"SELECT row FROM deliveries WHERE session_key = ? AND lease IS NULL AND {IN_INBOX} "
        "ORDER BY place LIMIT ?",
        (session_key, limit),
    )
    return [row for (row,) in found]


def _leased(
    connection: sqlite3.Connection, session_key: str, condition: str = "true", *parameters: Any
) -> list[int]:
    found = connection.execute(
        f"SELECT row FROM deliveries WHERE session_key = ? AND lease > '' AND {IN_INBOX} "
        f"AND {condition}",
        (session_key, *parameters),
    )
    return [row for (row,) in found]


def _rows_of(
    connection: sqlite3.Connection, ids: Sequence[str], condition: str, *parameters: Any
) -> list[int]:
    """Return the rows in inboxes with these ids for which ``condition`` holds."""
    seqs = {one: seq for one in ids if (seq := event_seq_of(one)) is not None}
    found = connection.execute(
        "SELECT row FROM deliveries WHERE event_seq IN (SELECT value FROM json_each(?)) "
        f"AND id IN (SELECT value FROM json_each(?)) AND {IN_INBOX} AND {condition}",
        (as_list(set(seqs.values())), as_list(seqs), *parameters),
    )
    return [row for (row,) in found]


def sessions_of(connection: sqlite3.Connection, rows: Sequence[int]) -> list[str]:
    """Return the sessions whose inboxes rows lie in, or lay in."""
    found = connection.execute(
        "SELECT DISTINCT session_key FROM deliveries "
        "WHERE row IN (SELECT value FROM json_each(?)) AND session_key IS NOT NULL",
        (as_list(rows),),
    )
    return [key for (key,) in found]


def _hand_out(connection: sqlite3.Connection, rows: Sequence[int], call: Draining) -> None:
    connection.execute(
        "UPDATE deliveries SET lease = ?, deadline = ?, attempts = attempts + 1 "
        "WHERE row IN (SELECT value FROM json_each(?))",
        (call.lease, call.until, as_list(rows)),
    )
    connection.execute(
        "INSERT INTO attempts (row, attempt, started_at, ended_at, outcome) "
        "SELECT row, attempts, ?1, ?1, 'leased' FROM deliveries "
        "WHERE row IN (SELECT value FROM json_each(?2))",
        (call.settled_at, as_list(rows)),
    )


def _put_back(connection: sqlite3.Connection, rows: Sequence[int], ended_at: int) -> None:
    _end_attempts(connection, rows, "error", ended_at, _LEASE_ENDED)
    connection.execute(
        "UPDATE deliveries SET lease = NULL, deadline = expires_at "
        "WHERE row IN (SELECT value FROM json_each(?))",
        (as_list(rows),),
    )


def _end_attempts(
    connection: sqlite3.Connection,
    rows: Sequence[int],
    outcome: str,
    now: int,
    error: str | None = None,
) -> None:
    connection.execute(
        "UPDATE attempts SET ended_at = ?, outcome = ?, error = ? WHERE (row, attempt) IN "
        "(SELECT row, attempts FROM deliveries WHERE row IN (SELECT value FROM json_each(?)))",
        (now, outcome, error, as_list(rows)),
    )
