"""The tables of the event log, and the operations of the thread that writes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any
from zlib import crc32

from attrs import frozen

from orgloop.records import Appended, EventRecord, NewEvent
from orgloop.storage.database import Schema
from orgloop.storage.event_ties import Moved, Moves, Place, tie
from orgloop.storage.hours import HOURS_TABLE, Hours
from orgloop.storage.rows import as_list, insert_rows

# Events are keyed by their order, so that adding one costs the same however many there are. The
# table of known ids is the only thing keyed at random; retention keeps it small.
# A trace is found through its root, whose id says the trace's; only the others are indexed.
OTHER_TRACE = "trace <> 'trc_' || substr(id, 5)"
UNTIED = "tracking IS NOT NULL AND parent IS NULL"

_VERSION_1 = (
    "CREATE TABLE projects (num INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        project INTEGER NOT NULL,
        id TEXT NOT NULL,
        source TEXT NOT NULL,
        type TEXT NOT NULL,
        time INTEGER NOT NULL,
        trace TEXT NOT NULL,
        parent TEXT,
        depth INTEGER NOT NULL,
        body BLOB NOT NULL
    )
    """,
    "CREATE INDEX events_of_project ON events (project)",
    "CREATE INDEX events_by_parent ON events (project, parent) WHERE parent IS NOT NULL",
    f"CREATE INDEX events_by_trace ON events (project, trace) WHERE {OTHER_TRACE}",
    """
    CREATE TABLE ids (
        project INTEGER NOT NULL,
        id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (project, id)
    ) WITHOUT ROWID
    """,
    HOURS_TABLE,
)

# SQLite does not notice a byte that was flipped inside a value, so an event has a checksum: CRC-32
# of its body. (Rows of version 1 have none.) The body stays as it was accepted; trace, parent and
# depth change when the event is tied to its cause later.
_VERSION_2 = (
    "ALTER TABLE events ADD COLUMN crc INTEGER",
    "ALTER TABLE events ADD COLUMN tracking TEXT",
    "CREATE INDEX events_by_tracking ON events (project, tracking) WHERE tracking IS NOT NULL",
    f"CREATE INDEX events_untied ON events (project) WHERE {UNTIED}",
)

SCHEMA = Schema(kind="event log", application_id=0x4F4C4556, versions=(_VERSION_1, _VERSION_2))


@frozen
class Growth:
    """What one commit added to the log."""

    floor: int
    """The highest sequence number before it."""
    high: int
    records: Sequence[EventRecord]
    moved: Sequence[Moved]
    """Events that have another place in their chain now, those of ``records`` among them."""
    is_first: bool
    """Whether the file was opened for it: nothing is known of what happened to it before."""


class EventTables:
    """Append and forget events; see `Content`. Sequence numbers are given out here."""

    schema = SCHEMA

    def __init__(self) -> None:
        self._hours = Hours()
        self._projects: dict[str, int] = {}
        self._floor = 0
        self._high = 0
        self._fresh: list[EventRecord] = []
        self._moves = Moves()
        self._is_first = True

    def load(self, connection: sqlite3.Connection) -> None:
        """See `Content.load`."""
        self._hours.load(connection)
        self._projects = dict(connection.execute("SELECT name, num FROM projects").fetchall())
        self._high = self._floor = highest_seq(connection)
        self._fresh = []
        self._moves.undone()
        self._is_first = True

    def finish(self, connection: sqlite3.Connection) -> None:
        """See `Content.finish`."""
        self._hours.write(connection)

    def committed(self) -> Growth:
        """See `Content.committed`."""
        moved = self._moves.committed()
        growth = Growth(self._floor, self._high, self._fresh, moved, self._is_first)
        self._floor = self._high
        self._fresh = []
        self._is_first = False
        return growth

    def append(
        self, connection: sqlite3.Connection, calls: Sequence[Sequence[NewEvent]]
    ) -> list[list[Appended]]:
        """Add the events of many calls that the log does not hold yet."""
        before = len(self._fresh)
        known = self._known_ids(connection, [event for call in calls for event in call])
        answers = [[self._append(new, known) for new in call] for call in calls]
        self._insert(connection, self._fresh[before:])
        return answers

    def _known_ids(
        self, connection: sqlite3.Connection, events: Sequence[NewEvent]
    ) -> dict[tuple[str, str], int]:
        ids: dict[str, list[str]] = {}
        for new in events:
            ids.setdefault(new.project, []).append(new.event.id)
        return {
            (project, event_id): seq
            for project, some in ids.items()
            for event_id, seq in connection.execute(
                "SELECT id, seq FROM ids WHERE project = ? "
                "AND id IN (SELECT value FROM json_each(?))",
                (self._number(connection, project), as_list(some)),
            )
        }

    def _number(self, connection: sqlite3.Connection, project: str) -> int:
        number = self._projects.get(project)
        if number is None:
            number = 1 + max(self._projects.values(), default=0)
            connection.execute("INSERT INTO projects VALUES (?, ?)", (number, project))
            self._projects[project] = number
        return number

    def _append(self, new: NewEvent, known: dict[tuple[str, str], int]) -> Appended:
        event = new.event
        key = (new.project, event.id)
        original = known.get(key)
        if original is not None:
            return Appended(original, event.id, True)
        self._high += 1
        known[key] = self._high
        place = self._place(new)
        self._fresh.append(
            EventRecord(
                self._high,
                event.id,
                new.project,
                event.source,
                event.type,
                new.accepted_at,
                place.trace_id,
                new.parent,
                place.depth,
                new.body,
                new.tracking_id,
                accepted=event,
            )
        )
        return Appended(self._high, event.id, False)

    def _place(self, new: NewEvent) -> Place:
        if new.parent is not None:
            parent = self._moves.place_of(new.project, new.parent)
            if parent is not None:
                return Place(parent.trace_id, parent.depth + 1)
        return Place(new.event.trace_id or "", new.depth)

    def _insert(self, connection: sqlite3.Connection, records: Sequence[EventRecord]) -> None:
        numbers = [self._projects[one.project] for one in records]
        insert_rows(
            connection,
            "events (seq, project, id, source, type, time, trace, parent, depth, body, crc, "
            "tracking)",
            [_columns(one, number) for one, number in zip(records, numbers, strict=True)],
        )
        insert_rows(
            connection,
            "ids (project, id, seq)",
            [(number, one.id, one.seq) for one, number in zip(records, numbers, strict=True)],
        )
        for one, number in zip(records, numbers, strict=True):
            self._hours.note(number, one.seq, one.accepted_at)

    def tie(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[str, EventRecord]]
    ) -> list[bool]:
        """See `IEventLog.tie`; given the event's id and its cause."""
        answers = []
        for event_id, parent in calls:
            number = self._number(connection, parent.project)
            moved = tie(connection, number, event_id, parent)
            self._moves.note(moved)
            answers.append(bool(moved))
        return answers

    def forget(
        self, connection: sqlite3.Connection, calls: Sequence[tuple[str, Sequence[int]]]
    ) -> list[int]:
        """See `IEventLog.forget`."""
        return [
            _forget(connection, self._number(connection, project), as_list(seqs))
            for project, seqs in calls
        ]


def _columns(one: EventRecord, number: int) -> tuple[Any, ...]:
    return (
        one.seq,
        number,
        one.id,
        one.source,
        one.type,
        one.accepted_at,
        one.trace_id,
        one.parent,
        one.depth,
        one.body,
        crc32(one.body),
        one.tracking_id,
    )


def _forget(connection: sqlite3.Connection, number: int, seqs: str) -> int:
    # An id may belong to another event by now if a file was mended: only its own goes.
    connection.execute(
        "DELETE FROM ids WHERE project = ? AND id IN (SELECT id FROM events "
        "WHERE seq IN (SELECT value FROM json_each(?)) AND project = ?) "
        "AND seq IN (SELECT value FROM json_each(?))",
        (number, seqs, number, seqs),
    )
    return connection.execute(
        "DELETE FROM events WHERE seq IN (SELECT value FROM json_each(?)) AND project = ?",
        (seqs, number),
    ).rowcount


def highest_seq(connection: sqlite3.Connection) -> int:
    """Return the highest sequence number ever given out, also if its event is gone."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
    return int(row[0]) if row else 0
