"""An event that the disk has changed is told apart, and keeps nothing else from being read."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from orgloop.errors import DamagedEvent
from orgloop.records import EventRecord
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.testing.storage_records import PROJECT, event_id_of, new_event
from support.storage import InlineWorker, result_of


def _log_with(path: Path, *changes: str) -> list[EventRecord]:
    """Return three events as they are read after somebody has changed the file."""
    log = result_of(SQLiteEventLog.open(path, InlineWorker))
    result_of(log.append([new_event(n) for n in (1, 2, 3)]))
    result_of(log.close())
    connection = sqlite3.connect(path)
    for change in changes:
        connection.execute(change)
    connection.commit()
    connection.close()
    log = result_of(SQLiteEventLog.open(path, InlineWorker))
    records = result_of(log.read(PROJECT, 0, 10))
    result_of(log.close())
    return records


def test_a_flipped_byte_in_an_event_is_noticed(tmp_path: Path) -> None:
    records = _log_with(
        tmp_path / "events.db",
        "UPDATE events SET body = CAST(replace(CAST(body AS TEXT), '\"number\":2', '\"number\":6') "
        "AS BLOB) WHERE seq = 2",
    )
    assert [one.is_damaged for one in records] == [False, True, False]
    assert [one.event.payload for one in records if not one.is_damaged] == [
        {"number": 1},
        {"number": 3},
    ]
    with pytest.raises(DamagedEvent, match=rf"{event_id_of(2)}.*number 2.*orgloop data check"):
        _ = records[1].event


@pytest.mark.parametrize("value", ["'text'", "7", "0.5", "x''", "x'7b'"])
def test_a_body_of_any_other_kind_is_noticed(tmp_path: Path, value: str) -> None:
    records = _log_with(tmp_path / "events.db", f"UPDATE events SET body = {value} WHERE seq = 2")
    assert [one.is_damaged for one in records] == [False, True, False]


def test_a_text_that_is_no_text_any_more_is_read_all_the_same(tmp_path: Path) -> None:
    records = _log_with(
        tmp_path / "events.db", "UPDATE events SET source = CAST(x'73ff' AS TEXT) WHERE seq = 2"
    )
    assert [one.id for one in records] == [event_id_of(n) for n in (1, 2, 3)]


def test_events_of_before_there_were_checksums_are_read(tmp_path: Path) -> None:
    records = _log_with(
        tmp_path / "events.db",
        "UPDATE events SET crc = NULL",
        "UPDATE events SET body = x'7b2201' WHERE seq = 3",
    )
    assert [one.is_damaged for one in records] == [False, False, True]
