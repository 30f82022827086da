"""Nothing is kept of the inboxes of sessions that have nothing to fetch."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orgloop.delivery import DeliveryState
from orgloop.records import NewDelivery, Ready
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.testing.storage_records import PROJECT, batch, new_delivery
from support.storage import InlineWorker, result_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue.db"


@pytest.fixture
def queue(path: Path) -> Iterator[SQLiteDeliveryQueue]:
    """A queue with an inbox of two rows."""
    opened: SQLiteDeliveryQueue = result_of(SQLiteDeliveryQueue.open(path, PROJECT, InlineWorker))
    result_of(opened.route(batch(collected(1), collected(2))))
    yield opened
    result_of(opened.close())


def collected(seq: int) -> NewDelivery:
    ready = Ready(order_key=None, due_at=0, config=b"{}", session_key="session", expires_at=50)
    return new_delivery(seq, state=DeliveryState.INBOX, ready=ready)


def known(path: Path) -> list[str]:
    """Return the sessions of which the file knows an inbox."""
    with closing(sqlite3.connect(path)) as connection:
        return [key for (key,) in connection.execute("SELECT session_key FROM inboxes")]


def test_an_inbox_with_something_in_it_is_known(queue: SQLiteDeliveryQueue, path: Path) -> None:
    result_of(queue.drain("session", 2, "lease", 10, 0))
    result_of(queue.discard([new_delivery(1).id], 0))
    assert known(path) == ["session"]


def test_one_that_was_drained_and_acknowledged_is_forgotten(
    queue: SQLiteDeliveryQueue, path: Path
) -> None:
    result_of(queue.drain("session", 2, "lease", 10, 0))
    result_of(queue.acknowledge("session", "lease", 0))
    assert known(path) == []


def test_one_whose_last_batch_the_next_drain_settles_is_forgotten(
    queue: SQLiteDeliveryQueue, path: Path
) -> None:
    result_of(queue.drain("session", 2, "lease", 10, 0))
    result_of(queue.drain("session", 2, "another", 10, 0))
    assert known(path) == []


def test_one_whose_events_were_too_old_is_forgotten(queue: SQLiteDeliveryQueue, path: Path) -> None:
    result_of(queue.expire([new_delivery(1).id, new_delivery(2).id], 60, "too old"))
    assert known(path) == []


def test_one_that_was_thrown_away_awaits_no_notification(
    queue: SQLiteDeliveryQueue, path: Path
) -> None:
    result_of(queue.discard([new_delivery(1).id, new_delivery(2).id], 0))
    assert known(path) == []


def test_one_that_fills_again_gets_a_number_that_it_never_had(queue: SQLiteDeliveryQueue) -> None:
    [before] = result_of(queue.inboxes())
    for lease in ("first", "second", "third"):
        result_of(queue.drain("session", 2, lease, 10, 0))
        result_of(queue.end_lease([new_delivery(1).id, new_delivery(2).id], 10))
    [often] = result_of(queue.inboxes())
    result_of(queue.discard([new_delivery(1).id, new_delivery(2).id], 0))
    result_of(queue.route(batch(collected(3))))
    [again] = result_of(queue.inboxes(unnotified=True))
    assert before.generation < often.generation < again.generation
