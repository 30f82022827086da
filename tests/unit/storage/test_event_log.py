from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from orgloop.errors import StorageDamaged, StorageUnavailable
from orgloop.storage import event_log
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.transactions import Transactions
from orgloop.testing.storage_records import PROJECT, event_id_of, new_event
from support.storage import FaultyDisk, InlineWorker, ManualWorker, outcomes_of, result_of


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FaultyDisk:
    disk = FaultyDisk()

    def with_faults(path: Path, content: Any) -> Transactions[Any]:
        return Transactions(path, content, disk.connect)

    monkeypatch.setattr(event_log, "Transactions", with_faults)
    return disk


@pytest.fixture
def log(tmp_path: Path, disk: FaultyDisk) -> Any:
    log = result_of(SQLiteEventLog.open(tmp_path / "events.db", InlineWorker))
    yield log
    result_of(log.close())


def _numbers(log: SQLiteEventLog, after: int = 0) -> list[int]:
    records = result_of(log.read(PROJECT, after, 10_000))
    return [int(one.id.removeprefix("evt_"), 16) for one in records]


def test_appends_that_arrive_together_share_a_commit(tmp_path: Path, disk: FaultyDisk) -> None:
    workers = []

    def new_worker(name: str) -> ManualWorker:
        workers.append(ManualWorker(name))
        return workers[-1]

    log = SQLiteEventLog(tmp_path / "events.db", new_worker)
    pending = [log.append([new_event(n)]) for n in range(100)]
    commits = workers[0]
    assert commits.steps() == 1
    assert disk.commits == 1
    assert [result_of(one)[0].seq for one in pending] == list(range(1, 101))
    closing = log.close()
    closed = Deferred.fromCoroutine(closing)
    while not closed.called:
        assert sum(worker.steps() for worker in workers)


def test_nothing_is_kept_of_an_append_the_disk_refused(
    log: SQLiteEventLog, disk: FaultyDisk
) -> None:
    disk.refuse_commit()
    assert list(outcomes_of([log.append([new_event(1)])])) == [StorageUnavailable]
    assert not log.is_healthy
    [answer] = result_of(log.append([new_event(1)]))
    assert (answer.seq, answer.duplicate) == (1, False)
    assert log.is_healthy


def test_an_append_whose_answer_was_lost_is_a_duplicate_afterwards(
    log: SQLiteEventLog, disk: FaultyDisk
) -> None:
    result_of(log.append([new_event(1)]))
    disk.lose_answer()
    assert list(outcomes_of([log.append([new_event(2)])])) == [StorageUnavailable]
    woken: list[str] = []
    log.subscribe(PROJECT, lambda: woken.append(PROJECT))
    [answer] = result_of(log.append([new_event(2)]))
    assert (answer.seq, answer.duplicate) == (2, True)
    assert _numbers(log) == [1, 2]
    assert woken == [PROJECT]
    assert result_of(log.high()) == 2


def test_the_newest_events_are_read_without_touching_the_file(log: SQLiteEventLog) -> None:
    given = [new_event(n) for n in range(3)]
    result_of(log.append(given))
    records = result_of(log.read(PROJECT, 0, 10))
    assert all(one.event is new.event for one, new in zip(records, given, strict=True))


def test_older_events_are_read_from_the_file(log: SQLiteEventLog) -> None:
    result_of(log.append([new_event(n) for n in range(3_000)]))
    assert _numbers(log) == list(range(3_000))
    assert _numbers(log, after=2_500) == list(range(2_500, 3_000))
    found = result_of(log.get_many(PROJECT, [1, 2_999]))
    assert {seq: one.id for seq, one in found.items()} == {
        1: event_id_of(0),
        2_999: event_id_of(2_998),
    }


def test_a_group_of_any_size_is_appended(log: SQLiteEventLog) -> None:
    for count in (1, 31, 32, 33, 64, 100):
        first = count * 1_000
        answers = result_of(log.append([new_event(first + n) for n in range(count)]))
        assert not any(one.duplicate for one in answers)
    assert len(_numbers(log)) == 261


def test_an_unusable_file_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    path.write_bytes(b"garbage" * 1_000)
    with pytest.raises(StorageDamaged, match=r"events\.db"):
        result_of(SQLiteEventLog.open(path, InlineWorker))


def test_probing_says_whether_the_disk_takes_writes(log: SQLiteEventLog, disk: FaultyDisk) -> None:
    disk.refuse_commit()
    with pytest.raises(StorageUnavailable):
        result_of(log.probe())
    assert not log.is_healthy
    result_of(log.probe())
    assert log.is_healthy
