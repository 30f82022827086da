from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orgloop.errors import OrgLoopError, StorageDamaged
from orgloop.storage.consistency import check_consistency, check_log, require_log
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.home import Home
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.storage.starting_point import StartingPoint
from orgloop.testing.storage_records import PROJECT, batch, new_delivery, new_event
from support.storage import InlineWorker, result_of


class Files:
    """A log and a queue, opened for one look at a time."""

    def __init__(self, directory: Path) -> None:
        self.events = directory / "events.db"
        self.queue = directory / "queue.db"

    def look(self, *, append: int = 0, route: int = 0) -> None:
        log = result_of(SQLiteEventLog.open(self.events, InlineWorker))
        queue = result_of(SQLiteDeliveryQueue.open(self.queue, PROJECT, InlineWorker))
        try:
            result_of(check_consistency(log, queue))
            for number in range(append):
                result_of(log.append([new_event(number)]))
            if route:
                result_of(queue.route(batch(new_delivery(route))))
        finally:
            result_of(queue.close())
            result_of(log.close())


@pytest.fixture
def files(tmp_path: Path) -> Any:
    return Files(tmp_path)


def test_a_new_home_is_consistent(files: Files) -> None:
    files.look()
    files.look()


def test_events_that_were_never_routed_are_no_damage(files: Files) -> None:
    files.look(append=3)
    files.look()


def test_a_missing_queue_is_damage_at_every_start(files: Files) -> None:
    files.look(append=3, route=3)
    files.queue.unlink()
    for _ in range(2):
        with pytest.raises(StorageDamaged, match="--cursor start"):
            files.look()


@pytest.mark.parametrize(("cursor", "left"), [("start", 3), ("end", 0), ("2", 1)])
def test_a_missing_queue_begins_where_it_is_told(files: Files, cursor: str, left: int) -> None:
    files.look(append=3, route=3)
    files.queue.unlink()
    log = result_of(SQLiteEventLog.open(files.events, InlineWorker))
    queue = result_of(SQLiteDeliveryQueue.open(files.queue, PROJECT, InlineWorker))
    result_of(check_consistency(log, queue, StartingPoint.parse(cursor)))
    assert len(result_of(log.read(PROJECT, result_of(queue.cursor()), 10))) == left
    result_of(queue.close())
    result_of(log.close())
    files.look()


def test_a_place_beyond_the_end_is_no_place_to_begin(files: Files) -> None:
    files.look(append=3)
    files.queue.unlink()
    log = result_of(SQLiteEventLog.open(files.events, InlineWorker))
    queue = result_of(SQLiteDeliveryQueue.open(files.queue, PROJECT, InlineWorker))
    with pytest.raises(OrgLoopError, match="beyond the end of the event log, which is 3"):
        result_of(check_consistency(log, queue, StartingPoint.parse("4")))
    result_of(queue.close())
    result_of(log.close())


@pytest.mark.parametrize("left", [None, b""])
def test_a_log_that_is_gone_is_damage_while_there_are_queues(
    tmp_path: Path, left: bytes | None
) -> None:
    home = Home(tmp_path)
    home.create()
    require_log(home)
    home.queue(PROJECT).write_bytes(b"something")
    if left is not None:
        home.event_log.write_bytes(left)
    with pytest.raises(StorageDamaged, match=r"events\.db is damaged: it is missing or empty"):
        require_log(home)


def test_an_event_that_was_changed_is_damage(files: Files) -> None:
    files.look(append=3, route=3)
    with closing(sqlite3.connect(files.events)) as connection, connection:
        connection.execute("UPDATE events SET body = replace(body, '2', '3') WHERE seq = 2")
    log = result_of(SQLiteEventLog.open(files.events, InlineWorker))
    with pytest.raises(StorageDamaged, match="is not as it was written"):
        result_of(check_log(log))
    result_of(log.close())


def test_a_queue_ahead_of_the_log_is_damage(files: Files) -> None:
    files.look(append=3, route=3)
    files.events.unlink()
    with pytest.raises(StorageDamaged, match=r"events\.db.*routed up to 3"):
        files.look()


def test_another_projects_events_make_no_queue_missing(files: Files) -> None:
    log = result_of(SQLiteEventLog.open(files.events, InlineWorker))
    result_of(log.append([new_event(1, project="other")]))
    result_of(log.close())
    files.look()
