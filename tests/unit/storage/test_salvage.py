"""What is salvaged of a sound file is that file; of a damaged one, what is said to be kept."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from orgloop.delivery import DeliveryState, Prompt
from orgloop.event import Event
from orgloop.records import (
    Batch,
    Debounce,
    Gather,
    MemoryWrite,
    NewEvent,
    NotedTime,
    Ready,
    Step,
)
from orgloop.storage.database import open_for_writing
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.event_tables import SCHEMA as LOG_SCHEMA
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.storage.queue_schema import SCHEMA as QUEUE_SCHEMA
from orgloop.storage.salvage.cursor import place_to_route_from
from orgloop.storage.salvage.events import salvage_events
from orgloop.storage.salvage.order import put_in_order
from orgloop.storage.salvage.queue import salvage_queue
from orgloop.storage.salvage.swap import finish_swap, offer
from orgloop.testing.storage_records import (
    PROJECT,
    batch,
    event_id_of,
    new_delivery,
    new_event,
    settlement,
    unrouted,
)
from support.killed import copied
from support.storage import InlineWorker, result_of

LARGE = 20_000  # does not fit on a page


def content(path: Path, *, leaving_out: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    """Return every row of every table."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name not in leaving_out
        ]
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for name in tables
        }


def large_event(number: int) -> NewEvent:
    new = new_event(number, project="other")
    event: Event = evolve(new.event, payload={"text": f"{number} " * LARGE})
    return evolve(new, event=event, body=event.to_bytes())


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_sound_log_is_salvaged_as_it_is(tmp_path: Path, is_killed: bool) -> None:
    path = tmp_path / "events.db"
    log = result_of(SQLiteEventLog.open(path, InlineWorker))
    for first in range(1, 400, 7):
        result_of(log.append([new_event(number) for number in range(first, first + 6)]))
        result_of(log.append([large_event(first + 6)]))
    seqs = result_of(log.prunable(PROJECT, accepted_before=50, after=0, up_to=40, limit=10))
    assert result_of(log.forget(PROJECT, seqs)) == 10
    late = new_event(2000, tracking_id="t-1")
    [kept] = result_of(log.append([late]))
    parent = result_of(log.get(PROJECT, event_id_of(300)))
    assert parent is not None
    assert result_of(log.tie(PROJECT, late.event.id, parent))
    left = copied(path, tmp_path / "left") if is_killed else path
    result_of(log.close())
    with closing(open_for_writing(tmp_path / "new.db", LOG_SCHEMA)) as new:
        salvaged = salvage_events(left, new, 0)
    assert (salvaged.kept, salvaged.lost) == (kept.seq - 10, 0)
    # The events that were forgotten tell no longer when an hour began.
    before, after = (content(one, leaving_out=("hours",)) for one in (path, tmp_path / "new.db"))
    assert after == before


def rich_queue(path: Path) -> None:
    """Make a queue with deliveries in every state that this takes no more than a few lines for."""
    queue = result_of(SQLiteDeliveryQueue.open(path, PROJECT, InlineWorker))
    prompt = Prompt("sops/a.md", "Do it. " * 1000, {"title": "A"}, "ab" * 32)
    ready = Ready(order_key=None, due_at=5, config=b'{"a": 1}', prompt=prompt)
    debounce = Gather(key="d", how=Debounce(quiet_ms=100, max_ms=1000))
    gather = Gather(key="b", how=Batch(max=3, every_ms=1000))
    result_of(queue.adopt(["route", "lines", "calm", "many", "box", "slow"]))
    rows = [
        *(new_delivery(n, ready=evolve(ready, body=b"{}" if n % 2 else None)) for n in (1, 2, 3)),
        *(new_delivery(n, route="lines", order_key=f"k{n % 2}") for n in range(4, 10)),
        *(new_delivery(n, route="calm", ready=evolve(ready, gather=debounce)) for n in (10, 11)),
        *(new_delivery(n, route="many", ready=evolve(ready, gather=gather)) for n in (12, 13)),
        new_delivery(14, route="slow", state=DeliveryState.MATCHED),
        unrouted(15),
        evolve(
            new_delivery(16, route="box", state=DeliveryState.INBOX),
            ready=evolve(ready, session_key="s", expires_at=9000),
        ),
        evolve(
            new_delivery(17, state=DeliveryState.DROPPED),
            error="no",
            steps=[Step(transform="t", verdict="drop", duration_ms=1.5, detail="x" * LARGE)],
        ),
    ]
    for row in rows:
        key = str(row.event_seq)
        memory = [MemoryWrite(scope="scope", key=key, value="v", expires_at=10_000)]
        result_of(queue.route(evolve(batch(row), memory=memory)))
    claims = result_of(queue.claim("actor", 3, 50))
    result_of(queue.settle(settlement(claims[0], now=60)))
    result_of(queue.settle(settlement(claims[1], DeliveryState.DEAD, now=60, error="gone")))
    result_of(
        queue.settle(settlement(claims[2], DeliveryState.WAITING, now=60, due_at=99, error="x"))
    )
    result_of(queue.claim("actor", 1, 50))
    result_of(queue.note_time(NotedTime(70, 90)))
    result_of(queue.note_degraded("actor", "away"))
    result_of(queue.close())


# What adopting routes, and bounding actors, makes anew at the next start.
MADE_ANEW = ("cursor", "parked", "bounded")


def test_a_sound_queue_is_salvaged_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    rich_queue(path)
    with closing(open_for_writing(tmp_path / "new.db", QUEUE_SCHEMA)) as new:
        salvaged = salvage_queue(path, new, PROJECT, has_lost_changes=False)
    assert (salvaged.kept, salvaged.cursor, salvaged.may_lack) == (17, 17, False)
    before, after = (content(one, leaving_out=MADE_ANEW) for one in (path, tmp_path / "new.db"))
    before["counts"] = [row for row in before["counts"] if row[-1]]
    for table, rows in before.items():
        assert after[table] == rows, table


def test_what_a_lost_delivery_carried_goes_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "queue.db"
    rich_queue(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM deliveries WHERE event_seq = 11")  # carries that of 10
        connection.execute("DELETE FROM counts")
        connection.execute("DELETE FROM hours")
        put_in_order(connection, 0)
    queue = result_of(SQLiteDeliveryQueue.open(path, PROJECT, InlineWorker))
    result_of(queue.adopt(["calm"]))
    claimed = result_of(queue.claim("actor", 20, 10_000))
    result_of(queue.close())
    assert 10 in {claim.event_seq for claim in claimed if claim.route == "calm"}


def routed(connection: sqlite3.Connection, **rows: int) -> None:
    for row, seq in rows.items():
        connection.execute(
            "INSERT INTO deliveries (row, id, event_id, event_seq, state, accepted_at, created_at) "
            "VALUES (?, ?, ?, ?, 'unmatched', 0, 0)",
            (int(row[1:]), f"d{row}", f"e{seq}", seq),
        )


@pytest.mark.parametrize(
    ("rows", "cursor"),
    [
        ({"r1": 1, "r2": 2, "r3": 3}, 2),  # the last one's rows may not be all there
        ({"r1": 1, "r3": 3}, 0),  # what row 2 belonged to may have been event 1, 2 or 3
        ({"r2": 2, "r3": 3}, 0),
        ({}, 0),
    ],
)
def test_routing_begins_again_before_the_first_gap(
    tmp_path: Path, rows: dict[str, int], cursor: int
) -> None:
    log = result_of(SQLiteEventLog.open(tmp_path / "events.db", InlineWorker))
    result_of(log.append([new_event(number) for number in range(1, 6)]))
    result_of(log.close())
    with (
        closing(open_for_writing(tmp_path / "queue.db", QUEUE_SCHEMA)) as queue,
        closing(sqlite3.connect(tmp_path / "events.db")) as events,
    ):
        routed(queue, **rows)
        assert place_to_route_from(queue, events, PROJECT, 3) == cursor


def test_a_repair_that_was_interrupted_is_finished(tmp_path: Path) -> None:
    path, made = tmp_path / "a.db", tmp_path / "made"
    for step in range(4):
        for name, text in (("a.db", "old"), ("a.db-wal", "old wal"), ("a.db-shm", "x")):
            (tmp_path / name).write_text(text)
        made.write_text("new")
        offer(made, path, "then")
        for part in ("a.db", "a.db-wal", "a.db-shm")[:step]:  # as far as it came
            os.rename(tmp_path / part, tmp_path / part.replace("a.db", "a.db.damaged-then"))
        assert finish_swap(path) == tmp_path / "a.db.damaged-then"
        assert path.read_text() == "new"
        assert (tmp_path / "a.db.damaged-then").read_text() == "old"
        assert (tmp_path / "a.db.damaged-then-wal").read_text() == "old wal"
        assert not (tmp_path / "a.db-wal").exists()
        assert finish_swap(path) is None
