"""Make new files of damaged ones, with everything in them that can be read.

The event log comes first: from it the queues' lost rows are routed again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from attrs import field, frozen

from orgloop.storage.checkpoints import put_aside
from orgloop.storage.database import Schema, open_for_reading, open_for_writing
from orgloop.storage.event_tables import SCHEMA as LOG_SCHEMA
from orgloop.storage.event_tables import highest_seq
from orgloop.storage.finding import Finding
from orgloop.storage.home import Home
from orgloop.storage.inspection import inspect
from orgloop.storage.losses import losses, queue_files
from orgloop.storage.names import name_of
from orgloop.storage.queue_schema import SCHEMA as QUEUE_SCHEMA
from orgloop.storage.salvage.cursor import place_to_route_from
from orgloop.storage.salvage.events import salvage_events
from orgloop.storage.salvage.highest import highest_seq_of_queue
from orgloop.storage.salvage.queue import salvage_queue
from orgloop.storage.salvage.rawfile import beside
from orgloop.storage.salvage.swap import finish_swap, offer
from orgloop.storage.soundness import missing_bytes


@frozen
class Repaired:
    """What was done about one file."""

    file: Path
    kept_at: Path | None
    """Where the damaged file is now."""
    told: list[str] = field(factory=list)
    """What was kept and what was lost, one sentence each."""


def finish_repairs(home: Home) -> None:
    """Put repaired files in their place that an interrupted repair has left."""
    for path in _offered(home):
        finish_swap(path)


def repair(home: Home, findings: Sequence[Finding], now_ms: int, stamp: str) -> list[Repaired]:
    """Mend what ``findings`` calls damaged. The home's lock is held, and no file is open."""
    done = []
    damaged = [one for one in findings if one.problems and not one.is_gone]
    for kind, mend in (("event log", _repair_log), ("queue", _repair_queue)):
        done += [mend(home, one, stamp) for one in damaged if one.kind == kind]
    for one in damaged:
        if one.kind == "checkpoint":
            aside = put_aside(one.file, now_ms)
            told = "its source starts over; `orgloop checkpoint set` gives it a position"
            done.append(Repaired(one.file, aside, [told]))
    return done


def still_damaged(home: Home) -> list[Finding]:
    """Return what is damaged after a repair."""
    return [one for one in inspect(home, losses(home)) if one.problems]


def _offered(home: Home) -> list[Path]:
    """Return the files for which a repaired one lies ready, also if they are gone."""
    return [
        found.with_name(found.name.partition(".repaired-")[0])
        for directory in (home.event_log.parent, home.queues)
        for found in directory.glob("*.repaired-*")
    ]


def _repair_log(home: Home, finding: Finding, stamp: str) -> Repaired:
    path = finding.file
    # A number that a queue has seen must never be given to another event.
    floor = max([0, *(highest_seq_of_queue(queue) for queue in queue_files(home))])
    made = _making(path)
    with closing(_opened(made, LOG_SCHEMA)) as new:
        salvaged = salvage_events(path, new, floor)
        high = highest_seq(new)
    aside = _put_in_place(made, path, stamp)
    told = [f"events kept: {salvaged.kept}; the next one gets number {high + 1}"]
    if salvaged.lost:
        told.append(f"events that could not be read and are lost: {salvaged.lost}")
    told += [f"it was damaged: {problem}" for problem in finding.problems]
    return Repaired(path, aside, told)


def _repair_queue(home: Home, finding: Finding, stamp: str) -> Repaired:
    path, project = finding.file, name_of(finding.file.stem)
    has_lost_changes = missing_bytes(path) is not None
    made = _making(path)
    with closing(_opened(made, QUEUE_SCHEMA)) as new:
        salvaged = salvage_queue(path, new, project, has_lost_changes=has_lost_changes)
        with closing(open_for_reading(home.event_log)) as log:
            cursor = min(
                highest_seq(log),
                place_to_route_from(new, log, project, salvaged.cursor)
                if salvaged.may_lack
                else salvaged.cursor or 0,
            )
        new.execute("INSERT INTO cursor VALUES (1, ?)", (cursor,))
    aside = _put_in_place(made, path, stamp)
    told = [f"deliveries kept: {salvaged.kept}"]
    if salvaged.may_lack:
        told.append(
            f"deliveries may be missing: events after number {cursor} are routed again, which "
            "leaves those alone that are there"
        )
    told += [f"it was damaged: {problem}" for problem in finding.problems]
    return Repaired(path, aside, told)


def _making(path: Path) -> Path:
    """Return where the new file is made, with nothing there."""
    made = path.with_name(f".{path.name}.repairing")
    for ending in ("", "-wal", "-shm"):
        beside(made, ending).unlink(missing_ok=True)
    return made


def _opened(made: Path, schema: Schema) -> sqlite3.Connection:
    connection = open_for_writing(made, schema)
    connection.execute("PRAGMA synchronous = OFF")  # it is synced when it is complete
    return connection


def _put_in_place(made: Path, path: Path, stamp: str) -> Path | None:
    descriptor = os.open(made, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    offer(made, path, stamp)
    aside = finish_swap(path)
    return aside if aside is not None and aside.exists() else None
