"""A queue that an older OrgLoop wrote is brought up to date and goes on."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from orgloop.delivery import DEAD_LETTERS, OPEN_STATES, DeliveryState
from orgloop.records import Ready, Transformed
from orgloop.storage.database import open_for_writing
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.storage.queue_schema import SCHEMA
from orgloop.storage.soundness import require_sound
from orgloop.testing.storage_records import (
    PROJECT,
    batch,
    event_id_of,
    new_delivery,
    settlement,
)
from support.storage import InlineWorker, result_of

_STATES = list(DeliveryState)
_LINE = range(101, 104)
_UNREADY = frozenset({DeliveryState.MATCHED, DeliveryState.UNMATCHED, DeliveryState.CUT})


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[SQLiteDeliveryQueue]:
    """A queue of version 1 with a row in every state, a line, and one row that never was ready."""
    path = tmp_path / "queue.db"
    connection = open_for_writing(path, evolve(SCHEMA, versions=SCHEMA.versions[:1]))
    counts: Counter[tuple[str, str]] = Counter()
    for seq, state in enumerate(_STATES, 1):
        counts["route", state] += _add(connection, seq, state)
    for seq in _LINE:
        counts["line", "waiting"] += _add(
            connection, seq, DeliveryState.WAITING, "line", key="k", is_head=seq == _LINE[0]
        )
    counts["halted", "dead"] += _add(connection, 104, DeliveryState.DEAD, "halted", is_ready=False)
    connection.executemany(
        "INSERT INTO counts VALUES ('actor', ?, ?, ?)",
        [(route, state, n) for (route, state), n in counts.items()],
    )
    connection.execute("INSERT INTO cursor VALUES (1, 104)")
    connection.execute("INSERT INTO hours VALUES (0, 1, 0)")
    connection.close()
    opened: SQLiteDeliveryQueue = result_of(SQLiteDeliveryQueue.open(path, PROJECT, InlineWorker))
    yield opened
    result_of(opened.close())


def _add(
    connection: sqlite3.Connection,
    seq: int,
    state: DeliveryState,
    route: str = "route",
    *,
    key: str | None = None,
    is_head: bool = True,
    is_ready: bool = True,
) -> int:
    """Write a row as version 1 did; return how many that are."""
    ready = is_ready and state not in _UNREADY
    attempts = 1 if state in DEAD_LETTERS and is_ready else 0
    connection.execute(
        "INSERT INTO deliveries (id, event_id, event_seq, route, actor, state, attempts, "
        "accepted_at, created_at, settled_at, not_before, due_at, order_key, config, error) "
        "VALUES (?, ?, ?, ?, 'actor', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new_delivery(seq, route=route).id,
            event_id_of(seq),
            seq,
            route,
            state,
            attempts,
            seq,
            seq,
            None if state in OPEN_STATES else seq,
            seq if ready else None,
            seq if state is DeliveryState.WAITING and is_head else None,
            key,
            b"{}" if ready else None,
            "no" if state in DEAD_LETTERS else None,
        ),
    )
    return 1


def _id(state: DeliveryState) -> str:
    return new_delivery(_STATES.index(state) + 1).id


def test_every_row_is_as_it_was(queue: SQLiteDeliveryQueue) -> None:
    for state in _STATES:
        delivery = result_of(queue.get(_id(state)))
        assert delivery is not None
        assert (delivery.state, delivery.replay, delivery.is_batch) == (state, 0, False)
        assert queue.counts()["actor", "route", state] == 1
    assert result_of(queue.cursor()) == 104
    assert result_of(queue.latest()) is None


def test_a_line_goes_on_in_its_order(queue: SQLiteDeliveryQueue) -> None:
    result_of(queue.route(batch(new_delivery(105, route="line", order_key="k"))))
    [left] = result_of(queue.unfinished())
    assert left.id == _id(DeliveryState.DELIVERING)
    result_of(queue.release(left.row, 2))
    seqs = []
    while claims := result_of(queue.claim("actor", 1, 999)):
        seqs.append(claims[0].event_seq)
        assert claims[0].spent == claims[0].attempt
        result_of(queue.settle(settlement(claims[0])))
    waiting = _STATES.index(DeliveryState.WAITING) + 1
    assert sorted(seqs) == sorted([waiting, left.event_seq, *_LINE, 105])
    assert [seq for seq in seqs if seq in (*_LINE, 105)] == [*_LINE, 105]


def test_dead_letters_can_be_retried(queue: SQLiteDeliveryQueue) -> None:
    dead, halted = _id(DeliveryState.DEAD), new_delivery(104, route="halted").id
    retried = result_of(queue.reopen([dead, halted], 500))
    assert {one.id: one.state for one in retried} == {dead: "waiting", halted: "matched"}
    [claim] = [one for one in result_of(queue.claim("actor", 9, 999)) if one.id == dead]
    assert (claim.attempt, claim.spent) == (2, 1)
    [matched] = result_of(queue.matched("halted", 9))
    assert matched.is_again


def test_what_had_no_transforms_yet_passes_them_for_the_first_time(
    queue: SQLiteDeliveryQueue,
) -> None:
    [matched] = result_of(queue.matched("route", 9))
    assert not matched.is_again
    ready = Ready(order_key=None, due_at=0)
    moved = Transformed(row=matched.row, state=DeliveryState.WAITING, now=0, ready=ready)
    result_of(queue.transformed(moved))
    assert matched.id in [one.id for one in result_of(queue.claim("actor", 9, 999))]


def test_the_oldest_rows_overflow_first(queue: SQLiteDeliveryQueue) -> None:
    result_of(queue.adopt({"route", "line"}, {"actor": 2}))
    over = result_of(queue.route(batch(new_delivery(105))))
    waiting = _STATES.index(DeliveryState.WAITING) + 1
    assert [one.delivery.event_seq for one in over] == [waiting, *_LINE[:2]]


def test_settled_rows_are_let_go_of(queue: SQLiteDeliveryQueue) -> None:
    rows, _ = result_of(queue.prunable(settled_before=999, after=-1, limit=99))
    settled = [state for state in _STATES if state not in OPEN_STATES]
    assert result_of(queue.forget(rows)) == len(settled) + 1
    assert {state for _, _, state in queue.counts()} == OPEN_STATES


def test_how_its_definitions_were_broken_into_lines_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    wider = tuple(text.replace("\n", "\n        ") for text in SCHEMA.versions[0])
    open_for_writing(path, evolve(SCHEMA, versions=(wider,))).close()
    require_sound(path, SCHEMA)
