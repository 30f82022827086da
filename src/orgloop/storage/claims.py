"""Choose the rows that may go to an actor, and hand them out."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from orgloop.delivery import DeliveryState
from orgloop.records import Claim
from orgloop.storage.batches import form_batches
from orgloop.storage.delivery_rows import shown_replay
from orgloop.storage.members import members_of
from orgloop.storage.order import behind
from orgloop.storage.prompts import prompt_of
from orgloop.storage.queue_schema import DUE, STANDING
from orgloop.storage.queue_state import QueueState
from orgloop.storage.rows import as_list

_WAITING, _DELIVERING = DeliveryState.WAITING, DeliveryState.DELIVERING
_SELECT = """
    SELECT d.row, d.id, d.event_id, d.event_seq, d.route, d.actor, d.attempts, d.base,
        d.accepted_at, d.created_at, d.order_key, d.body, d.config, d.prompt_file, d.prompt_digest,
        p.text, p.meta, d.content, d.replay, d.pid, d.process_started, d.gathering, d.group_no
    FROM deliveries AS d LEFT JOIN prompts AS p ON p.digest = d.prompt_digest
"""
_IN_ORDER = "ORDER BY d.due_at, d.place"
_UNGATED = f"actor = ? AND due_at <= ? AND {DUE} AND gate IS NULL"
_GATED = f"actor = ? AND gate = ? AND due_at <= ? AND {DUE} AND gate IS NOT NULL"

_Row = Sequence[Any]
"""What `_SELECT` finds."""
_Turn = tuple[int, int, int]
"""Due time, place and number of a row: what decides who goes first."""


@frozen
class Asked:
    """One call of `IDeliveryQueue.claim`."""

    actor: str
    limit: int
    now: int
    gates: Sequence[str] = ()
    ungated: bool = True
    passing: Sequence[int] = ()


@frozen
class Claims:
    """Hand rows out to the lanes."""

    _state: QueueState

    def claim(self, connection: sqlite3.Connection, calls: Sequence[Asked]) -> list[list[Claim]]:
        """See `IDeliveryQueue.claim`."""
        return [self._claim(connection, asked) for asked in calls]

    def _claim(self, connection: sqlite3.Connection, asked: Asked) -> list[Claim]:
        # A row may wait in the file while whoever had it has not heard so: leave it alone.
        due = [row for row in _due(connection, asked) if not self._state.is_handed_out(row[0])]
        going = self._with_batches(connection, due)
        claims = [_claim_of(connection, row, 1) for row in going]
        if claims:
            connection.execute(
                "UPDATE deliveries SET state = 'delivering', due_at = NULL, "
                "attempts = attempts + 1 WHERE row IN (SELECT value FROM json_each(?))",
                (as_list(claim.row for claim in claims),),
            )
        # A group takes in nothing more. (Few rows have one: not with every claim.)
        connection.executemany(
            "UPDATE deliveries SET gathering = NULL WHERE row = ?",
            [(row[0],) for row in going if row[-2] is not None],
        )
        self._state.take(claim.row for claim in claims)
        for route, number in Counter(claim.route for claim in claims).items():
            self._state.moved(asked.actor, route, _WAITING, _DELIVERING, number)
        return claims

    def _with_batches(self, connection: sqlite3.Connection, due: list[_Row]) -> list[_Row]:
        """Put in place of rows of a batch the one that carries it."""
        turns = [(row[0], row[-1] if row[-2] == "batch" else None) for row in due]
        if all(group_no is None for _, group_no in turns):
            return due
        return _by_number(connection, form_batches(connection, self._state, turns))


def _due(connection: sqlite3.Connection, asked: Asked) -> list[_Row]:
    """Return the rows (see `_SELECT`) whose turn it is."""
    if not asked.gates and asked.ungated and not asked.passing:
        return connection.execute(
            f"{_SELECT} WHERE {_UNGATED} {_IN_ORDER} LIMIT ?",
            (asked.actor, asked.now, asked.limit),
        ).fetchall()
    turns = sorted(_turns(connection, asked))[: asked.limit]
    return _by_number(connection, [row for _, _, row in turns])


def _by_number(connection: sqlite3.Connection, rows: Sequence[int]) -> list[_Row]:
    found = connection.execute(
        f"{_SELECT} WHERE d.row IN (SELECT value FROM json_each(?))", (as_list(rows),)
    )
    by_number = {row[0]: row for row in found}
    return [by_number[row] for row in rows]


def _turns(connection: sqlite3.Connection, asked: Asked) -> set[_Turn]:
    """Return the turns of as many rows as may be wanted, of each gate and of none."""
    # So many more than wanted as are passed over.
    limit = asked.limit + len(asked.passing)
    select = "SELECT d.due_at, d.place, d.row FROM deliveries AS d WHERE"
    turns: set[_Turn] = set()
    if asked.ungated:
        turns.update(
            connection.execute(
                f"{select} {_UNGATED} {_IN_ORDER} LIMIT ?", (asked.actor, asked.now, limit)
            )
        )
    for gate in asked.gates:
        turns.update(
            connection.execute(
                f"{select} {_GATED} {_IN_ORDER} LIMIT ?", (asked.actor, gate, asked.now, limit)
            )
        )
    turns.update(_next_behind(connection, asked))
    return {turn for turn in turns if turn[2] not in asked.passing}


def _next_behind(connection: sqlite3.Connection, asked: Asked) -> list[_Turn]:
    return [
        (not_before, place, row)
        for row, place, not_before, gate in behind(connection, asked.passing, asked.actor)
        if not_before <= asked.now and (asked.ungated if gate is None else gate in asked.gates)
    ]


def _claim_of(connection: sqlite3.Connection, row: _Row, attempts_more: int) -> Claim:
    """Return the row as its lane sees it; ``attempts_more`` are counted on top."""
    (
        number,
        delivery_id,
        event_id,
        event_seq,
        route,
        actor,
        attempts,
        base,
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
        _,
        group_no,
    ) = row
    members = members_of(connection, group_no) if replay < 0 else ()
    return Claim(
        row=number,
        id=delivery_id,
        event_id=event_id,
        event_seq=event_seq,
        route=route,
        actor=actor,
        attempt=attempts + attempts_more,
        spent=attempts + attempts_more - base,
        accepted_at=accepted_at,
        created_at=created_at,
        order_key=order_key,
        body=members[-1].body if members else body,
        config=config,
        prompt=prompt_of(prompt_file, prompt_digest, prompt_text, prompt_meta),
        content=content,
        replay=shown_replay(replay),
        members=members,
        pid=pid,
        process_started=process_started,
    )


def claims_of(connection: sqlite3.Connection, rows: Sequence[int]) -> list[Claim]:
    """Return rows that were handed out, in order of their places."""
    found = connection.execute(
        f"{_SELECT} WHERE d.row IN (SELECT value FROM json_each(?)) ORDER BY d.place",
        (as_list(rows),),
    )
    return [_claim_of(connection, row, 0) for row in found.fetchall()]


def unfinished(connection: sqlite3.Connection) -> list[Claim]:
    """See `IDeliveryQueue.unfinished`."""
    found = connection.execute(
        f"{_SELECT} WHERE d.state = 'delivering' AND {STANDING} ORDER BY d.row"
    )
    return [_claim_of(connection, row, 0) for row in found.fetchall()]


def next_due(
    connection: sqlite3.Connection, actor: str, gates: Sequence[str], ungated: bool
) -> int | None:
    """See `IDeliveryQueue.next_due`."""
    select, first = f"SELECT due_at FROM deliveries WHERE {DUE}", "ORDER BY due_at LIMIT 1"
    found: list[tuple[int]] = []
    if ungated:
        found += connection.execute(f"{select} AND actor = ? AND gate IS NULL {first}", (actor,))
    for gate in gates:
        found += connection.execute(
            f"{select} AND actor = ? AND gate = ? AND gate IS NOT NULL {first}", (actor, gate)
        )
    return min((due_at for (due_at,) in found), default=None)


def first_due(connection: sqlite3.Connection, actors: Sequence[str]) -> dict[str, int]:
    """See `IDeliveryQueue.first_due`; ``actors`` are those that may have waiting rows."""
    found = {actor: next_due(connection, actor, gates(connection, actor), True) for actor in actors}
    return {actor: due_at for actor, due_at in found.items() if due_at is not None}


def gates(connection: sqlite3.Connection, actor: str) -> list[str]:
    """See `IDeliveryQueue.gates`."""
    # From one gate to the next, however many rows stand at each.
    standing = "actor = ? AND state = 'waiting' AND gate IS NOT NULL"
    found: list[str] = []
    while True:
        after = found[-1] if found else ""
        [(gate,)] = connection.execute(
            f"SELECT min(gate) FROM deliveries WHERE {standing} AND gate > ?", (actor, after)
        ).fetchall()
        if gate is None:
            return found
        found.append(gate)
