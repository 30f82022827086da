"""The operations around one attempt: claim a row, keep what it sends, settle or release it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from orgloop.delivery import DeliveryState
from orgloop.records import Claim, Settlement
from orgloop.storage.order import Line, call_next, step_in
from orgloop.storage.prompts import prompt_of
from orgloop.storage.queue_schema import DUE, STANDING
from orgloop.storage.queue_state import QueueState
from orgloop.storage.rows import as_list, insert_rows

_WAITING, _DELIVERING = DeliveryState.WAITING, DeliveryState.DELIVERING
_SELECT = """
    SELECT d.row, d.id, d.event_id, d.event_seq, d.route, d.actor, d.attempts, d.accepted_at,
        d.created_at, d.order_key, d.body, d.config, d.prompt_file, d.prompt_digest, p.text, p.meta,
        d.content, d.replay, d.pid, d.process_started
    FROM deliveries AS d LEFT JOIN prompts AS p ON p.digest = d.prompt_digest
"""


@frozen
class Asked:
    """One call of `IDeliveryQueue.claim`."""

    actor: str
    limit: int
    now: int


@frozen
class Attempts:
    """Hand rows out, and take notice of how their attempts ended."""

    _state: QueueState

    def claim(self, connection: sqlite3.Connection, calls: Sequence[Asked]) -> list[list[Claim]]:
        """See `IDeliveryQueue.claim`."""
        return [self._claim(connection, asked) for asked in calls]

    def _claim(self, connection: sqlite3.Connection, asked: Asked) -> list[Claim]:
        found = connection.execute(
            f"{_SELECT} WHERE d.actor = ? AND d.due_at <= ? AND {DUE} "
            "ORDER BY d.due_at, d.row LIMIT ?",
            (asked.actor, asked.now, asked.limit),
        ).fetchall()
        # A row may wait in the file while whoever had it has not heard so: leave it alone.
        claims = [claim_of(row, 1) for row in found if not self._state.is_handed_out(row[0])]
        if claims:
            connection.execute(
                "UPDATE deliveries SET state = 'delivering', due_at = NULL, "
                "attempts = attempts + 1 WHERE row IN (SELECT value FROM json_each(?))",
                (as_list(claim.row for claim in claims),),
            )
        for claim in claims:
            self._state.take(claim.row)
            self._moved(claim.actor, claim.route, _WAITING, _DELIVERING)
        return claims

    def settle(self, connection: sqlite3.Connection, calls: Sequence[Settlement]) -> list[None]:
        """See `IDeliveryQueue.settle`. What is not in flight any more was settled before."""
        in_flight = _in_flight(connection, [one.row for one in calls])
        settled = []
        left: list[Line] = []
        back: list[tuple[int, Line]] = []
        for one in calls:
            self._state.give_back(one.row)
            if one.row not in in_flight:
                continue
            actor, route, attempt, key = in_flight.pop(one.row)
            settled.append((one, attempt))
            self._moved(actor, route, _DELIVERING, one.state)
            if key is not None:
                if one.state is _WAITING:
                    back.append((one.row, (route, key)))
                else:
                    left.append((route, key))
        _write_settled(connection, settled)
        for row, line in back:
            step_in(connection, row, line)
        call_next(connection, left)
        return [None for _ in calls]

    def release(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[int, int]]
    ) -> list[None]:
        """See `IDeliveryQueue.release`. What is not in flight any more was released before."""
        in_flight = _in_flight(connection, [row for row, _ in calls])
        for row, now in calls:
            self._state.give_back(row)
            if row not in in_flight:
                continue
            actor, route, _, key = in_flight.pop(row)
            self._moved(actor, route, _DELIVERING, _WAITING)
            connection.execute(
                "UPDATE deliveries SET state = 'waiting', due_at = ?, not_before = ?, "
                "attempts = attempts - 1, pid = NULL, process_started = NULL WHERE row = ?",
                (now, now, row),
            )
            if key is not None:
                step_in(connection, row, (route, key))
        return [None for _ in calls]

    def prepare(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[int, bytes]]
    ) -> list[None]:
        """See `IDeliveryQueue.prepare`."""
        connection.executemany(
            "UPDATE deliveries SET content = ? WHERE row = ?",
            [(content, row) for row, content in calls],
        )
        return [None for _ in calls]

    def note_process(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[int, int, str]]
    ) -> list[None]:
        """See `IDeliveryQueue.note_process`."""
        connection.executemany(
            "UPDATE deliveries SET pid = ?, process_started = ? WHERE row = ?",
            [(pid, started, row) for row, pid, started in calls],
        )
        return [None for _ in calls]

    def _moved(self, actor: str, route: str, before: str, after: str) -> None:
        self._state.count(actor, route, before, -1)
        self._state.count(actor, route, after, 1)


def claim_of(row: Sequence[Any], attempts_more: int) -> Claim:
    """Return the row as its lane sees it; ``attempts_more`` are counted on top."""
    (
        number,
        delivery_id,
        event_id,
        event_seq,
        route,
        actor,
        attempts,
        accepted_at,
        created_at,
        order_key,
        body,
        config,
        prompt_file,
        prompt_digest,
        prompt_text,
        prompt_meta,
        content,
        replay,
        pid,
        process_started,
    ) = row
    return Claim(
        row=number,
        id=delivery_id,
        event_id=event_id,
        event_seq=event_seq,
        route=route,
        actor=actor,
        attempt=attempts + attempts_more,
        accepted_at=accepted_at,
        created_at=created_at,
        order_key=order_key,
        body=body,
        config=config,
        prompt=prompt_of(prompt_file, prompt_digest, prompt_text, prompt_meta),
        content=content,
        replay=replay,
        pid=pid,
        process_started=process_started,
    )


def unfinished(connection: sqlite3.Connection) -> list[Claim]:
    """See `IDeliveryQueue.unfinished`."""
    found = connection.execute(
        f"{_SELECT} WHERE d.state = 'delivering' AND {STANDING} ORDER BY d.row"
    )
    return [claim_of(row, 0) for row in found]


def _in_flight(
    connection: sqlite3.Connection, rows: Sequence[int]
) -> dict[int, tuple[str, str, int, str | None]]:
    found = connection.execute(
        "SELECT row, actor, route, attempts, order_key FROM deliveries "
        "WHERE row IN (SELECT value FROM json_each(?)) AND state = 'delivering'",
        (as_list(rows),),
    )
    return {row: (actor, route, attempts, key) for row, actor, route, attempts, key in found}


def _write_settled(
    connection: sqlite3.Connection, settled: Sequence[tuple[Settlement, int]]
) -> None:
    connection.executemany(
        "UPDATE deliveries SET state = ?, due_at = ?, not_before = coalesce(?, not_before), "
        "settled_at = ?, error = ?, tracking_id = coalesce(?, tracking_id), pid = NULL, "
        "process_started = NULL WHERE row = ?",
        [_columns(one) for one, _ in settled],
    )
    insert_rows(
        connection,
        "attempts (row, attempt, started_at, ended_at, outcome, error)",
        [
            (one.row, attempt, one.started_at, one.now, one.outcome, one.error)
            for one, attempt in settled
        ],
        "ON CONFLICT DO UPDATE SET started_at = excluded.started_at, "
        "ended_at = excluded.ended_at, outcome = excluded.outcome, error = excluded.error",
    )


def _columns(one: Settlement) -> tuple[Any, ...]:
    is_retry = one.state is _WAITING
    due_at = (one.now if one.due_at is None else one.due_at) if is_retry else None
    settled_at = None if is_retry else one.now
    return one.state, due_at, due_at, settled_at, one.error, one.tracking_id, one.row
