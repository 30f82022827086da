from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from twisted.python.failure import Failure

from orgloop.errors import OrgLoopError, StorageDamaged, StorageUnavailable
from orgloop.storage.database import Schema
from orgloop.storage.transactions import Committed, Task, Transactions, touch
from support.storage import FaultyDisk

SCHEMA = Schema("sum", 0x1234, (("CREATE TABLE numbers (n INTEGER NOT NULL)",),))


class Sums:
    """Content that knows the sum of its numbers, and how its operations were called."""

    schema = SCHEMA

    def __init__(self) -> None:
        self.sum = 0
        self.calls: list[list[int]] = []

    def load(self, connection: sqlite3.Connection) -> None:
        self.sum = connection.execute("SELECT coalesce(sum(n), 0) FROM numbers").fetchone()[0]

    def finish(self, connection: sqlite3.Connection) -> None:
        pass

    def committed(self) -> int:
        return self.sum

    def add(self, connection: sqlite3.Connection, numbers: Sequence[int]) -> list[int]:
        self.calls.append(list(numbers))
        return [self._add(connection, number) for number in numbers]

    def _add(self, connection: sqlite3.Connection, number: int) -> int:
        connection.execute("INSERT INTO numbers VALUES (?)", (number,))
        if number < 0:
            raise ValueError("negative")
        self.sum += number
        return self.sum

    def other(self, connection: sqlite3.Connection, arguments: Sequence[Any]) -> list[str]:
        return ["other" for _ in arguments]


class Bench:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.disk = FaultyDisk()
        self.sums = Sums()
        self.transactions = Transactions(path, self.sums, self.disk.connect)

    def add(self, *numbers: int) -> Committed[int]:
        return self.transactions.run([Task(self.sums.add, number) for number in numbers])

    def stored(self) -> list[int]:
        connection = sqlite3.connect(self.path)
        rows = connection.execute("SELECT n FROM numbers ORDER BY rowid").fetchall()
        connection.close()
        return [n for (n,) in rows]


@pytest.fixture
def bench(tmp_path: Path) -> Any:
    bench = Bench(tmp_path / "sums.db")
    yield bench
    bench.transactions.close()


def _errors(committed: Committed[Any]) -> list[type[BaseException] | None]:
    return [result.type if isinstance(result, Failure) else None for result in committed.results]


def test_a_group_is_committed_once(bench: Bench) -> None:
    committed = bench.add(1, 2, 3)
    assert (committed.results, committed.summaries) == ([1, 3, 6], [6])
    assert bench.disk.commits == 1
    assert bench.stored() == [1, 2, 3]


def test_neighbours_with_the_same_work_are_done_by_one_call(bench: Bench) -> None:
    add, other = bench.sums.add, bench.sums.other
    group = [Task(add, 1), Task(add, 2), Task(other, None), Task(add, 3)]
    assert bench.transactions.run(group).results == [1, 3, "other", 6]
    assert bench.sums.calls == [[1, 2], [3]]


def test_only_the_operation_that_failed_fails(bench: Bench) -> None:
    committed = bench.add(1, -5, 2)
    assert _errors(committed) == [None, ValueError, None]
    assert committed.summaries == [1, 3]
    assert bench.stored() == [1, 2]


def test_nothing_stays_of_an_operation_that_failed_alone(bench: Bench) -> None:
    assert _errors(bench.add(-5)) == [ValueError]
    assert bench.stored() == []
    assert bench.add(1).results == [1]
    assert bench.disk.opened == 1


def test_a_refused_commit_fails_the_whole_group(bench: Bench) -> None:
    bench.add(1)
    bench.disk.refuse_commit()
    committed = bench.add(2, 3)
    assert _errors(committed) == [StorageUnavailable, StorageUnavailable]
    assert committed.summaries == []
    assert bench.stored() == [1]


def test_the_file_is_opened_anew_after_a_refused_commit(bench: Bench) -> None:
    bench.add(1)
    bench.disk.refuse_commit()
    bench.add(2)
    assert bench.add(3).results == [4]
    assert bench.disk.opened == 2


def test_what_the_file_holds_counts_when_the_answer_was_lost(bench: Bench) -> None:
    bench.add(1)
    bench.disk.lose_answer()
    assert _errors(bench.add(2)) == [StorageUnavailable]
    assert bench.add(3).results == [6]


def test_the_message_names_the_file(bench: Bench) -> None:
    bench.disk.refuse_commit()
    [failure] = bench.add(1).results
    assert str(bench.path) in str(failure.value)


def test_a_file_that_is_no_database_is_damaged(bench: Bench) -> None:
    bench.path.write_bytes(b"not a database, " * 100)
    [failure] = bench.add(1).results
    assert failure.type is StorageDamaged
    assert str(bench.path) in str(failure.value)
    assert "orgloop data repair" in str(failure.value)


def test_a_file_cut_short_is_damaged(bench: Bench) -> None:
    bench.add(*range(5000))
    bench.transactions.close()
    whole = bench.path.read_bytes()
    bench.path.write_bytes(whole[: len(whole) // 2 // 4096 * 4096])
    assert _errors(bench.add(1)) == [StorageDamaged]


def test_a_page_overwritten_is_damage(bench: Bench) -> None:
    bench.add(*range(5000))
    bench.transactions.close()
    with bench.path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(b"\xff" * 4096)
    assert _errors(bench.add(1)) == [StorageDamaged]


def test_another_programs_database_is_left_alone(bench: Bench) -> None:
    connection = sqlite3.connect(bench.path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    assert _errors(bench.add(1)) == [StorageDamaged]


def test_a_file_of_a_newer_version_is_refused(bench: Bench) -> None:
    bench.add(1)
    bench.transactions.close()
    connection = sqlite3.connect(bench.path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    [failure] = bench.add(1).results
    assert failure.type is OrgLoopError
    assert "newer OrgLoop" in str(failure.value)


def test_a_missing_directory_is_a_disk_that_refuses(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "nowhere" / "sums.db")
    assert _errors(bench.add(1)) == [StorageUnavailable]


def test_the_files_are_their_owners_alone(bench: Bench) -> None:
    bench.add(1)
    for path in (bench.path, Path(f"{bench.path}-wal"), Path(f"{bench.path}-shm")):
        assert path.stat().st_mode & 0o777 == 0o600


def test_closing_leaves_one_file(bench: Bench) -> None:
    bench.add(1)
    bench.transactions.close()
    assert [path.name for path in bench.path.parent.iterdir()] == ["sums.db"]


def test_every_commit_reaches_the_disk_before_it_is_answered(bench: Bench) -> None:
    bench.add(1)
    connection = bench.transactions._connection
    assert connection is not None
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_touching_writes_but_changes_nothing(bench: Bench) -> None:
    bench.add(1)
    bench.disk.refuse_commit()
    assert _errors(bench.transactions.run([Task(touch, None)])) == [StorageUnavailable]
    assert _errors(bench.transactions.run([Task(touch, None)])) == [None]
    assert bench.add(2).results == [3]


@pytest.mark.parametrize("has_successor", [False, True])
def test_nothing_is_taken_while_the_file_is_not_in_its_place(
    bench: Bench, has_successor: bool
) -> None:
    bench.add(1)
    away = bench.path.rename(bench.path.with_name("away"))
    if has_successor:
        bench.path.touch()

    for _ in range(2):
        [refused] = bench.add(2).results
        assert refused.check(StorageUnavailable)
        assert f"{bench.path} was removed or replaced" in refused.getErrorMessage()

    away.rename(bench.path)
    assert bench.add(3).results == [4]
    assert bench.stored() == [1, 3]
