"""Files as a process leaves them that is killed: no connection of it was closed."""

from __future__ import annotations

import shutil
from pathlib import Path

from attrs import field, frozen

from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.testing.storage_records import PROJECT, batch, new_delivery, new_event
from support.storage import InlineWorker, result_of

PARTS = ("", "-wal", "-shm")


@frozen
class Store:
    """A log and a queue in a directory, in use."""

    directory: Path
    log: SQLiteEventLog = field(init=False)
    queue: SQLiteDeliveryQueue = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        opened = SQLiteEventLog.open(self.directory / "events.db", InlineWorker)
        object.__setattr__(self, "log", result_of(opened))
        queue = SQLiteDeliveryQueue.open(self.directory / "queue.db", PROJECT, InlineWorker)
        object.__setattr__(self, "queue", result_of(queue))

    def take_in(self, first: int, last: int) -> None:
        """Append events and route them, each in transactions of its own."""
        for number in range(first, last + 1):
            [kept] = result_of(self.log.append([new_event(number)]))
            result_of(self.queue.route(batch(new_delivery(kept.seq))))

    def killed(self, to: Path) -> Path:
        """Copy what a kill would leave just now."""
        to.mkdir(parents=True, exist_ok=True)
        for file in self.directory.iterdir():
            shutil.copy(file, to)
        return to

    def close(self) -> None:
        result_of(self.queue.close())
        result_of(self.log.close())


def copied(path: Path, to: Path) -> Path:
    """Copy a file and what SQLite keeps beside it into another directory; return the copy."""
    to.mkdir(parents=True, exist_ok=True)
    for ending in PARTS:
        part = path.with_name(path.name + ending)
        if part.exists():
            shutil.copy(part, to)
    return to / path.name
