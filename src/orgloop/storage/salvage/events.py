"""Salvage an event log: every event that is as it was written, under the number it had."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from attrs import define, evolve, field, frozen

from orgloop.storage.hours import Hours
from orgloop.storage.salvage.carving import carved
from orgloop.storage.salvage.cells import Cell
from orgloop.storage.salvage.database import Wreck, wreck_of
from orgloop.storage.salvage.event_rows import FoundEvent

_INSERT = f"INSERT OR IGNORE INTO events VALUES ({', '.join('?' * 12)})"


@frozen
class SalvagedLog:
    """What became of an event log."""

    kept: int
    lost: int
    """Events of which the file still tells that they were there."""


def salvage_events(path: Path, new: sqlite3.Connection, floor: int) -> SalvagedLog:
    """Fill the empty log ``new`` with what can be read of the one at ``path``.

    Numbers go on behind ``floor`` and behind every number that was ever given out.
    """
    with wreck_of(path) as wreck:
        return _Salvage(wreck, new, floor).run()


@define(eq=False)
class _Salvage:
    _wreck: Wreck
    _new: sqlite3.Connection
    _highest: int
    _projects: dict[str, int] = field(factory=dict, init=False)
    _homeless: list[FoundEvent] = field(factory=list, init=False)

    def run(self) -> SalvagedLog:
        self._new.execute("CREATE TEMP TABLE known (project, id, seq, PRIMARY KEY (project, id))")
        self._new.execute("BEGIN IMMEDIATE")
        self._read_what_else_there_is()
        self._keep(self._in_order(_events(self._wreck.rows("events", _is_event))))
        for cells in (self._wreck.strays(_is_event), self._wreck.earlier(_is_event)):
            self._keep(_events(cells))
        self._keep(self._carved(self._wreck.unread()))
        if self._lost():
            # A page that was rewritten may still hold what it once held, where nothing is now.
            remains = self._carved(self._wreck.everything())
            self._keep(one for one in remains if one.number is not None)
        for found in self._homeless:
            self._insert(self._highest + 1, found)
        self._finish()
        self._new.execute("COMMIT")
        return self._result()

    def _read_what_else_there_is(self) -> None:
        for cell in self._wreck.rows("projects", _is_project):
            self._projects[str(cell.record[1])] = cell.rowid or 0
        self._new.executemany(
            "INSERT OR IGNORE INTO known VALUES (?, ?, ?)",
            (cell.record for cell in self._wreck.rows("ids", _is_id)),
        )
        for cell in self._wreck.rows("sqlite_sequence", lambda cell: len(cell.record) == 2):
            match cell.record:
                case ("events", int(seq)):
                    self._highest = max(self._highest, seq)

    def _in_order(self, events: Iterable[FoundEvent]) -> Iterator[FoundEvent]:
        """Take the numbers of events that are not in order from the table of known ids."""
        before, one = 0, None
        for following in chain(events, [None]):
            if one is not None:
                number = one.number or 0
                if following is None or not before < number < (following.number or 0):
                    number = self._known(one) or number
                    one = evolve(one, number=number)
                before = number
                yield one
            one = following

    def _carved(self, pages: Iterable[bytes]) -> Iterator[FoundEvent]:
        """Yield the events in bytes without a structure."""
        for page in pages:
            for body, crc in carved(page):
                found = FoundEvent.of_body(body, crc)
                if found is not None:
                    yield evolve(found, number=self._known(found))

    def _keep(self, events: Iterable[FoundEvent]) -> None:
        for one in events:
            is_kept = one.number is not None and self._insert(one.number, one)
            if not is_kept and not self._has(one):
                self._homeless.append(one)

    def _insert(self, number: int, one: FoundEvent) -> bool:
        """Add an event unless it, or one with its number, is there; say whether it was added."""
        project = self._project(one)
        if self._has(one) or not self._new.execute(_INSERT, one.row(number, project)).rowcount:
            return False
        self._new.execute("INSERT INTO ids VALUES (?, ?, ?)", (project, one.id, number))
        self._highest = max(self._highest, number)
        return True

    def _has(self, one: FoundEvent) -> bool:
        found = self._new.execute(
            "SELECT 1 FROM ids WHERE project = ? AND id = ?", (self._project(one), one.id)
        )
        return found.fetchone() is not None

    def _known(self, one: FoundEvent) -> int | None:
        found = self._new.execute(
            "SELECT seq FROM known WHERE project = ? AND id = ?", (self._project(one), one.id)
        ).fetchone()
        return int(found[0]) if found else None

    def _project(self, one: FoundEvent) -> int:
        """Return the number of an event's project; one whose name was lost gets it back."""
        origin = one.event.origin
        name = f"project {one.project}" if origin is None else origin.project
        if name not in self._projects:
            taken = set(self._projects.values())
            is_free = one.project and one.project not in taken
            number = one.project if is_free else 1 + max(taken, default=0)
            self._projects[name] = number or 1
        return self._projects[name]

    def _finish(self) -> None:
        self._new.executemany(
            "INSERT INTO projects (name, num) VALUES (?, ?)", self._projects.items()
        )
        hours = Hours()
        for series, seq, time in self._new.execute("SELECT project, seq, time FROM events"):
            hours.note(series, seq, time)
        hours.write(self._new)
        self._new.execute("DELETE FROM sqlite_sequence WHERE name = 'events'")
        self._new.execute("INSERT INTO sqlite_sequence VALUES ('events', ?)", (self._highest,))

    def _result(self) -> SalvagedLog:
        [kept] = self._new.execute("SELECT count(*) FROM events").fetchone()
        return SalvagedLog(kept, self._lost())

    def _lost(self) -> int:
        [lost] = self._new.execute(
            "SELECT count(*) FROM known WHERE (project, id) NOT IN (SELECT project, id FROM ids)"
        ).fetchone()
        return int(lost)


def _events(cells: Iterable[Cell]) -> Iterator[FoundEvent]:
    return (found for cell in cells if (found := FoundEvent.of_cell(cell)) is not None)


def _is_event(cell: Cell) -> bool:
    return FoundEvent.of_cell(cell) is not None


def _is_id(cell: Cell) -> bool:
    match cell.record:
        case (int(), str(), int()):
            return True
    return False


def _is_project(cell: Cell) -> bool:
    return len(cell.record) == 2 and isinstance(cell.record[1], str)
