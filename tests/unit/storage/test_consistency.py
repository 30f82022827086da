from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orgloop.errors import StorageDamaged
from orgloop.storage.consistency import check_consistency
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.queue import SQLiteDeliveryQueue
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
