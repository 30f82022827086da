"""The operations that add rows to a queue and make them ready for their actors."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import orjson
from attrs import frozen

from orgloop.delivery import OPEN_STATES, DeliveryState
from orgloop.records import NewDelivery, Overflow, Ready, RoutedBatch, Step, Transformed
from orgloop.storage.depths import mark, overflow
from orgloop.storage.groups import Joining, gathers, join
from orgloop.storage.inboxes import enter
from orgloop.storage.memory import remember
from orgloop.storage.order import Line, call_next, step_in, taken_lines
from orgloop.storage.prompts import keep_prompts
from orgloop.storage.queue_state import QueueState
from orgloop.storage.rows import as_list, insert_rows

_INTO = (
    "deliveries (row, place, id, event_id, event_seq, route, actor, state, accepted_at, "
    "created_at, settled_at, steps, error, due_at, not_before, order_key, body, config, "
    "prompt_file, prompt_digest)"
)
_WAITING = DeliveryState.WAITING
_NOT_READY: tuple[Any, ...] = (None,) * 7


@frozen
class Routing:
    """Route events and take up what transforms made of them."""

    _state: QueueState

    def begin_at(self, connection: sqlite3.Connection, calls: Sequence[int]) -> list[None]:
        """Set the cursor of a queue that has none."""
        if self._state.cursor is None:
            self._state.cursor = calls[0]
        return [None for _ in calls]

    def route(
        self, connection: sqlite3.Connection, calls: Sequence[RoutedBatch]
    ) -> list[list[Overflow]]:
        """See `IDeliveryQueue.route`."""
        return [self._route(connection, batch) for batch in calls]

    def _route(self, connection: sqlite3.Connection, batch: RoutedBatch) -> list[Overflow]:
        self._state.cursor = max(batch.cursor, self._state.cursor or 0)
        added = self._add(connection, batch.rows)
        if not added:
            return []
        remember(connection, batch.memory, min(one.accepted_at for one in batch.rows))
        now = max(one.created_at for one in batch.rows)
        return overflow(connection, self._state, [row.actor for row in added], now)

    def _add(
        self, connection: sqlite3.Connection, rows: Sequence[NewDelivery]
    ) -> Collection[NewDelivery]:
        """Add the rows that are not there yet, and return them."""
        if not rows:
            return ()
        if sessions := _sessions(rows):
            enter(connection, self._state, sessions)
        numbers = self._state.give_rows(len(rows))
        lines = {line for row in rows if (line := _line(row)) is not None}
        keep_prompts(connection, _prompts(row.ready for row in rows))
        added = insert_rows(
            connection,
            _INTO,
            _as_columns(numbers, rows, taken_lines(connection, lines)),
            "ON CONFLICT DO NOTHING",
        )
        new = dict(zip(numbers, rows, strict=True))
        if added < len(rows):
            new = _only_added(connection, new)
            # A row that was there already may have been taken for the head of its line.
            call_next(connection, list(lines))
        for number, row in new.items():
            self._state.hours.note(0, number, row.created_at)
        for key, count in Counter(
            (one.actor, one.route, one.state) for one in new.values()
        ).items():
            self._state.count(*key, count)
        _write_rare(connection, [(number, row.ready, row.state) for number, row in new.items()])
        mark(connection, self._state, {number: row.actor for number, row in new.items()})
        for number, row in new.items():
            if gathers(row.ready, row.state):
                self._join(connection, number, row)
        return new.values()

    def _join(self, connection: sqlite3.Connection, number: int, row: NewDelivery) -> None:
        assert row.route is not None
        assert row.actor is not None
        assert row.ready is not None
        joining = Joining(number, row.id, row.route, row.actor, row.ready)
        join(connection, self._state, joining, row.state)

    def transformed(
        self, connection: sqlite3.Connection, calls: Sequence[Transformed]
    ) -> list[list[Overflow]]:
        """See `IDeliveryQueue.transformed`. What is not ``matched`` any more was done before."""
        facts = {
            row: (actor, route, accepted_at, delivery)
            for row, actor, route, accepted_at, delivery in connection.execute(
                "SELECT row, actor, route, accepted_at, id FROM deliveries "
                "WHERE state = 'matched' AND row IN (SELECT value FROM json_each(?))",
                (as_list(one.row for one in calls),),
            )
        }
        return [
            self._take_up(connection, one, *facts.pop(one.row)) if one.row in facts else []
            for one in calls
        ]

    def _take_up(
        self,
        connection: sqlite3.Connection,
        one: Transformed,
        actor: str,
        route: str,
        accepted_at: int,
        delivery: str,
    ) -> list[Overflow]:
        self._move_on(connection, one, route, actor)
        remember(connection, one.memory, accepted_at)
        self._state.moved(actor, route, DeliveryState.MATCHED, one.state)
        if one.ready is not None and gathers(one.ready, one.state):
            joining = Joining(one.row, delivery, route, actor, one.ready)
            join(connection, self._state, joining, one.state)
        if one.state is not _WAITING:
            return []
        return overflow(connection, self._state, [actor], one.now)

    def _move_on(
        self, connection: sqlite3.Connection, one: Transformed, route: str, actor: str
    ) -> None:
        keep_prompts(connection, _prompts([one.ready]))
        key = one.ready.order_key if one.ready else None
        if one.state is DeliveryState.INBOX and one.ready is not None:
            enter(connection, self._state, [one.ready.session_key or ""])
        connection.execute(
            "UPDATE deliveries SET state = ?, settled_at = ?, steps = ?, error = ?, due_at = ?, "
            "not_before = ?, order_key = ?, body = ?, config = ?, prompt_file = ?, "
            "prompt_digest = ? WHERE row = ?",
            (
                one.state,
                None if one.state in OPEN_STATES else one.now,
                _steps(one.steps),
                one.error,
                *_ready_columns(one.ready, one.state, is_head=True),
                one.row,
            ),
        )
        _write_rare(connection, [(one.row, one.ready, one.state)])
        if key is not None and one.state is _WAITING:
            step_in(connection, one.row, (route, key, actor))


def _as_columns(
    numbers: Sequence[int],
    rows: Sequence[NewDelivery],
    taken: set[Line],
) -> list[tuple[Any, ...]]:
    columns = []
    for number, row in zip(numbers, rows, strict=True):
        line = _line(row)
        is_head = line is None or line not in taken
        if line is not None:
            taken.add(line)
        columns.append(
            (
                number,
                number,
                row.id,
                row.event_id,
                row.event_seq,
                row.route,
                row.actor,
                row.state,
                row.accepted_at,
                row.created_at,
                None if row.state in OPEN_STATES else row.created_at,
                _steps(row.steps),
                row.error,
                *_ready_columns(row.ready, row.state, is_head=is_head),
            )
        )
    return columns


def _ready_columns(ready: Ready | None, state: DeliveryState, *, is_head: bool) -> tuple[Any, ...]:
    """Return the columns from due_at on, as `_INTO` lists them."""
    if ready is None:
        return _NOT_READY
    prompt = ready.prompt
    return (
        ready.due_at if is_head and state is _WAITING else None,
        ready.due_at,
        ready.order_key,
        ready.body,
        ready.config,
        prompt.file if prompt else None,
        prompt.digest if prompt else None,
    )


def _write_rare(
    connection: sqlite3.Connection, rows: Iterable[tuple[int, Ready | None, DeliveryState]]
) -> None:
    """Write the columns that few rows have: they and their indexes cost the others nothing."""
    connection.executemany(
        "UPDATE deliveries SET gate = ?, session_key = ?, expires_at = ?, deadline = ? "
        "WHERE row = ?",
        [
            (
                ready.gate,
                ready.session_key,
                ready.expires_at,
                ready.expires_at if state is DeliveryState.INBOX else None,
                number,
            )
            for number, ready, state in rows
            if ready is not None and (ready.gate is not None or ready.session_key is not None)
        ],
    )


def _sessions(rows: Sequence[NewDelivery]) -> list[str]:
    return [
        row.ready.session_key or ""
        for row in rows
        if row.state is DeliveryState.INBOX and row.ready is not None
    ]


def _line(row: NewDelivery) -> Line | None:
    """Return the line that a row joins at once."""
    if row.state is not _WAITING or row.ready is None or row.ready.order_key is None:
        return None
    assert row.route is not None
    assert row.actor is not None
    return row.route, row.ready.order_key, row.actor


def _prompts(readies: Iterable[Ready | None]) -> list[Any]:
    return [ready.prompt for ready in readies if ready is not None and ready.prompt is not None]


def _steps(steps: Sequence[Step]) -> bytes | None:
    return orjson.dumps([step.to_json() for step in steps]) if steps else None


def _only_added(
    connection: sqlite3.Connection, rows: Mapping[int, NewDelivery]
) -> dict[int, NewDelivery]:
    there = connection.execute(
        "SELECT row FROM deliveries WHERE row BETWEEN ? AND ?", (min(rows), max(rows))
    )
    return {row: rows[row] for (row,) in there}
