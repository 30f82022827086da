"""What becomes of rows in flight when the disk answers wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orgloop.delivery import DeliveryState
from orgloop.errors import StorageUnavailable
from orgloop.storage import queue as queue_module
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.storage.transactions import Transactions
from orgloop.testing.storage_records import PROJECT, batch, new_delivery, settlement
from support.storage import FaultyDisk, InlineWorker, outcomes_of, result_of


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FaultyDisk:
    disk = FaultyDisk()

    def with_faults(path: Path, content: Any) -> Transactions[Any]:
        return Transactions(path, content, disk.connect)

    monkeypatch.setattr(queue_module, "Transactions", with_faults)
    return disk


@pytest.fixture
def queue(tmp_path: Path, disk: FaultyDisk) -> Any:
    queue = result_of(SQLiteDeliveryQueue.open(tmp_path / "queue.db", PROJECT, InlineWorker))
    yield queue
    result_of(queue.close())


def test_a_claim_whose_answer_was_lost_is_made_again(
    queue: SQLiteDeliveryQueue, disk: FaultyDisk
) -> None:
    result_of(queue.route(batch(new_delivery(1, order_key="k"), new_delivery(2, order_key="k"))))
    disk.lose_answer()
    assert list(outcomes_of([queue.claim("actor", 1, 0)])) == [StorageUnavailable]
    [claim] = result_of(queue.claim("actor", 5, 0))
    assert (claim.event_seq, claim.attempt) == (1, 1)
    assert dict(queue.counts()) == {
        ("actor", "route", "delivering"): 1,
        ("actor", "route", "waiting"): 1,
    }


def test_a_probe_whose_answer_was_lost_falls_in_behind_its_suspect(
    queue: SQLiteDeliveryQueue, disk: FaultyDisk
) -> None:
    result_of(queue.route(batch(*(new_delivery(n, order_key="k") for n in (1, 2)))))
    [suspect] = result_of(queue.claim("actor", 1, 0))
    result_of(queue.settle(settlement(suspect, DeliveryState.WAITING, due_at=5)))
    disk.lose_answer()
    probe = queue.claim("actor", 1, 5, passing=[suspect.row])
    assert list(outcomes_of([probe])) == [StorageUnavailable]
    assert [one.event_seq for one in result_of(queue.claim("actor", 5, 9))] == [1]


def test_a_row_in_flight_stays_so_when_the_file_is_opened_anew(
    queue: SQLiteDeliveryQueue, disk: FaultyDisk
) -> None:
    result_of(queue.route(batch(new_delivery(1), new_delivery(2))))
    [claim] = result_of(queue.claim("actor", 1, 0))
    disk.refuse_commit()
    assert list(outcomes_of([queue.claim("actor", 1, 0)])) == [StorageUnavailable]
    [other] = result_of(queue.claim("actor", 5, 0))
    assert {claim.event_seq, other.event_seq} == {1, 2}


def test_a_settlement_whose_answer_was_lost_counts_once(
    queue: SQLiteDeliveryQueue, disk: FaultyDisk
) -> None:
    result_of(queue.route(batch(new_delivery(1))))
    [claim] = result_of(queue.claim("actor", 1, 0))
    disk.lose_answer()
    retry = settlement(claim, DeliveryState.WAITING, due_at=0)
    assert list(outcomes_of([queue.settle(retry)])) == [StorageUnavailable]
    assert result_of(queue.claim("actor", 1, 0)) == []  # its lane has not heard of it yet
    result_of(queue.settle(retry))
    [again] = result_of(queue.claim("actor", 1, 0))
    assert again.attempt == 2
    assert dict(queue.counts()) == {("actor", "route", "delivering"): 1}


def test_the_cursor_is_what_the_file_says(queue: SQLiteDeliveryQueue, disk: FaultyDisk) -> None:
    disk.refuse_commit()
    assert list(outcomes_of([queue.route(batch(new_delivery(5)))])) == [StorageUnavailable]
    assert result_of(queue.cursor()) == 0
    disk.lose_answer()
    assert list(outcomes_of([queue.route(batch(new_delivery(5)))])) == [StorageUnavailable]
    result_of(queue.route(batch(new_delivery(5))))
    assert result_of(queue.cursor()) == 5
    assert dict(queue.counts()) == {("actor", "route", "waiting"): 1}
