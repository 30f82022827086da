"""Damage copies of a home, and see whether anything is lost without a word."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from attrs import frozen

from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.home import Home
from orgloop.storage.inspection import inspect
from orgloop.storage.losses import losses
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.storage.repair import repair, still_damaged
from orgloop.testing.storage_records import PROJECT, batch, new_delivery, new_event
from support.storage import InlineWorker, result_of

LOG, QUEUE = Path("wal") / "events.db", Path("queue") / f"{PROJECT}.db"
BLOCK = 512

Change = Callable[[Path], None]


@frozen
class Original:
    """A home with events and their deliveries, as it was closed or as a kill left it."""

    root: Path
    bodies: dict[int, bytes]
    """What was accepted, by number."""

    @classmethod
    def made(cls, root: Path, events: int, *, killed: bool) -> Original:
        home = Home(root / "running")
        home.create()
        bodies: dict[int, bytes] = {}
        for some in (range(1, events // 2), range(events // 2, events + 1)):
            log = result_of(SQLiteEventLog.open(home.event_log, InlineWorker))
            queue = result_of(SQLiteDeliveryQueue.open(home.queue(PROJECT), PROJECT, InlineWorker))
            for number in some:
                event = new_event(number)
                [kept] = result_of(log.append([event]))
                result_of(queue.route(batch(new_delivery(kept.seq))))
                bodies[kept.seq] = event.body
            if killed:
                shutil.copytree(home.root, root / "left", dirs_exist_ok=True)
            result_of(queue.close())
            result_of(log.close())
        return cls(root / "left" if killed else home.root, bodies)

    def parts(self) -> Iterator[Path]:
        """Yield the databases and their write-ahead logs, relative to ``data/``."""
        for name in (LOG, QUEUE):
            for part in (name, name.with_name(name.name + "-wal")):
                if (self.root / "data" / part).exists():
                    yield part

    def damaged(self, to: Path, part: Path, change: Change) -> Damaged:
        """Copy it and change one file of the copy."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.root, to)
        change(to / "data" / part)
        files = [one for one in (to / "data" / "wal").iterdir() if one.suffix != ".db-shm"]
        left = b"".join(file.read_bytes() for file in files)
        readable = {seq for seq, body in self.bodies.items() if body in left}
        return Damaged(Home(to), self.bodies, readable)


@frozen
class Damaged:
    """A copy with a damaged file."""

    home: Home
    bodies: dict[int, bytes]
    readable: set[int]
    """The events whose bytes are still there somewhere."""

    def verify(self) -> str:
        """Fail if anything is lost silently or although it can be read; return how it went."""
        findings = inspect(self.home, losses(self.home))
        if all(one.is_sound for one in findings):
            assert self.kept() == self.bodies
            assert self.rows() == set(self.bodies)
            return "sound"
        repair(self.home, findings, 0, "test")
        assert still_damaged(self.home) == []
        kept = self.kept()
        assert all(body == self.bodies[seq] for seq, body in kept.items())
        assert kept.keys() >= self.readable
        # What has no row is routed again.
        assert {seq for seq in kept if seq <= self.cursor()} <= self.rows()
        return "repaired"

    def kept(self) -> dict[int, bytes]:
        return dict(self._ask(self.home.event_log, "SELECT seq, body FROM events"))

    def rows(self) -> set[int]:
        found = self._ask(self.home.queue(PROJECT), "SELECT event_seq FROM deliveries")
        return {seq for (seq,) in found}

    def cursor(self) -> int:
        [(cursor,)] = self._ask(self.home.queue(PROJECT), "SELECT seq FROM cursor")
        return int(cursor)

    def _ask(self, path: Path, query: str) -> list[tuple[int, ...]]:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(query).fetchall()


def cut_to(size: int) -> Change:
    return lambda file: os.truncate(file, size)


def flip(at: int, mask: int) -> Change:
    def change(file: Path) -> None:
        content = bytearray(file.read_bytes())
        content[at] ^= mask
        file.write_bytes(content)

    return change
