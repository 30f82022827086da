"""What was committed and is no longer in the file is noticed before the file is used."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orgloop.errors import StorageDamaged
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.event_tables import SCHEMA
from orgloop.storage.soundness import missing_bytes, require_sound
from support.killed import Store, copied
from support.storage import InlineWorker, result_of


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Path]:
    """The event log of a runtime that was killed."""
    store = Store(tmp_path / "running")
    store.take_in(1, 30)
    yield store.killed(tmp_path / "left") / "events.db"
    store.close()


def wal(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def test_what_a_killed_process_leaves_is_sound(left: Path) -> None:
    assert missing_bytes(left) is None
    require_sound(left, SCHEMA)


def test_a_transaction_that_a_kill_cut_short_is_no_damage(tmp_path: Path) -> None:
    store = Store(tmp_path / "running")
    store.take_in(1, 60)
    with closing(sqlite3.connect(tmp_path / "running" / "events.db")) as connection:
        connection.execute("PRAGMA cache_size = 1")  # what changes is written before its commit
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE events SET type = upper(type)")
        left = store.killed(tmp_path / "left") / "events.db"
        connection.rollback()
    store.close()
    assert missing_bytes(left) is None
    require_sound(left, SCHEMA)


def test_a_write_ahead_log_that_was_cut_anywhere_is_noticed(left: Path, tmp_path: Path) -> None:
    size = wal(left).stat().st_size
    for cut in range(size - 512, max(0, size - 64 * 512), -512):
        copy = copied(left, tmp_path / str(cut))
        os.truncate(wal(copy), cut)
        assert missing_bytes(copy) is not None, cut


def test_a_write_ahead_log_that_is_gone_is_noticed(left: Path) -> None:
    wal(left).unlink()
    assert "0 can be read" in (missing_bytes(left) or "")


def test_a_byte_flipped_in_the_write_ahead_log_is_noticed(left: Path, tmp_path: Path) -> None:
    content = wal(left).read_bytes()
    for at in range(0, len(content), len(content) // 40):
        copy = copied(left, tmp_path / str(at))
        flipped = bytearray(content)
        flipped[at] ^= 1
        wal(copy).write_bytes(flipped)
        assert missing_bytes(copy) is not None, at


def test_the_refusal_is_the_same_every_time_and_changes_nothing(left: Path) -> None:
    os.truncate(wal(left), wal(left).stat().st_size - 4096)
    before = {file.name: file.read_bytes() for file in left.parent.iterdir()}
    for _ in range(2):
        with pytest.raises(StorageDamaged, match=r"events\.db is damaged.*orgloop data repair"):
            result_of(SQLiteEventLog.open(left, InlineWorker))
    assert {file.name: file.read_bytes() for file in left.parent.iterdir()} == before


def test_a_file_that_was_cut_is_noticed(tmp_path: Path) -> None:
    store = Store(tmp_path / "closed")
    store.take_in(1, 30)
    store.close()
    whole = tmp_path / "closed" / "events.db"
    size = whole.stat().st_size
    for cut in range(size - 512, 0, -512):
        copy = copied(whole, tmp_path / str(cut))
        os.truncate(copy, cut)
        assert missing_bytes(copy) is not None, cut


def test_pages_that_are_in_the_write_ahead_log_may_be_missing_in_the_file(left: Path) -> None:
    assert left.stat().st_size < 30_000  # nothing was checkpointed since the file was made
    require_sound(left, SCHEMA)


def test_a_log_that_was_checkpointed_and_begun_anew_is_sound(tmp_path: Path) -> None:
    store = Store(tmp_path / "running")
    for round_ in range(8):
        store.take_in(round_ * 150 + 1, round_ * 150 + 150)
        copy = store.killed(tmp_path / str(round_))
        assert missing_bytes(copy / "events.db") is None
        assert missing_bytes(copy / "queue.db") is None
    store.close()
    assert (tmp_path / "7" / "events.db").stat().st_size > 100_000, "it was checkpointed"


def test_an_index_of_an_older_generation_proves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "running")
    store.take_in(1, 150)
    older = store.killed(tmp_path / "older") / "events.db-shm"
    store.take_in(151, 240)
    newer = store.killed(tmp_path / "newer") / "events.db"
    store.close()
    # As after a loss of power: the index is never synced.
    newer.with_name("events.db-shm").write_bytes(older.read_bytes())
    assert missing_bytes(newer) is None


def test_a_log_without_its_index_is_taken_as_it_is(left: Path) -> None:
    left.with_name("events.db-shm").unlink()
    assert missing_bytes(left) is None


def test_a_write_ahead_log_without_its_file_is_noticed(left: Path) -> None:
    left.unlink()
    with pytest.raises(StorageDamaged, match="it is missing, but its write-ahead log is there"):
        require_sound(left, SCHEMA)


def test_a_new_file_is_sound(tmp_path: Path) -> None:
    require_sound(tmp_path / "new.db", SCHEMA)
