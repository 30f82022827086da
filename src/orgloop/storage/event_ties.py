"""Tie an event to its cause after both are in the log."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from attrs import field, frozen

from orgloop.records import EventRecord
from orgloop.storage.rows import as_list

_REMEMBERED = 10_000

# The union leaves out what was found before: damage cannot make it go round for ever.
_DESCENT = """
    WITH RECURSIVE came_of (id) AS (
        VALUES (:id)
        UNION SELECT e.id FROM came_of CROSS JOIN events AS e
            ON e.project = :project AND e.parent = came_of.id
    )
    SELECT e.seq, e.id, e.depth FROM came_of
        CROSS JOIN ids ON ids.project = :project AND ids.id = came_of.id
        CROSS JOIN events AS e ON e.seq = ids.seq
"""


@frozen
class Place:
    """Where an event stands in its chain."""

    trace_id: str
    depth: int


@frozen
class Moved:
    """An event that has another place in the chains of its project than it was accepted with."""

    project: str
    seq: int
    event_id: str
    place: Place
    parent: str | None
    """`None`: as it was."""


@frozen
class Moves:
    """What ties of this run have moved.

    Whoever read an event before it was moved may append what came of it afterwards. There is no
    such reader of ties made before the start, so this need not be kept.
    """

    _kept: dict[tuple[str, str], Place] = field(factory=dict)
    _fresh: list[Moved] = field(factory=list)

    def note(self, moved: Sequence[Moved]) -> None:
        """Take notice of what the transaction under way moves."""
        self._fresh.extend(moved)

    def place_of(self, project: str, event_id: str) -> Place | None:
        """Return the place of an event that was moved, `None` for any other."""
        for one in reversed(self._fresh):
            if one.event_id == event_id and one.project == project:
                return one.place
        return self._kept.get((project, event_id))

    def undone(self) -> None:
        """Take notice that the transaction under way was not made."""
        self._fresh.clear()

    def committed(self) -> list[Moved]:
        """Take notice that it was; return what it moved."""
        moved = list(self._fresh)
        self._fresh.clear()
        for one in moved:
            self._kept.pop((one.project, one.event_id), None)
            self._kept[one.project, one.event_id] = one.place
        while len(self._kept) > _REMEMBERED:
            del self._kept[next(iter(self._kept))]
        return moved


def tie(
    connection: sqlite3.Connection, number: int, event_id: str, parent: EventRecord
) -> list[Moved]:
    """Make an event without a parent a child of ``parent``; return all that moved with it.

    ``number`` is that of the parent's project.
    """
    root = connection.execute(
        "SELECT e.seq, e.depth FROM ids CROSS JOIN events AS e ON e.seq = ids.seq "
        "WHERE ids.project = ? AND ids.id = ? AND e.parent IS NULL",
        (number, event_id),
    ).fetchone()
    if root is None:
        return []
    descent = connection.execute(_DESCENT, {"project": number, "id": event_id}).fetchall()
    if any(one == parent.id for _, one, _ in descent):
        return []
    place = _place_of(connection, number, parent)
    deeper = place.depth + 1 - root[1]
    connection.execute("UPDATE events SET parent = ? WHERE seq = ?", (parent.id, root[0]))
    connection.execute(
        "UPDATE events SET trace = ?, depth = depth + ? "
        "WHERE seq IN (SELECT value FROM json_each(?))",
        (place.trace_id, deeper, as_list(seq for seq, _, _ in descent)),
    )
    return [
        Moved(
            parent.project,
            seq,
            one,
            Place(place.trace_id, depth + deeper),
            parent.id if seq == root[0] else None,
        )
        for seq, one, depth in descent
    ]


def _place_of(connection: sqlite3.Connection, number: int, record: EventRecord) -> Place:
    """Return where ``record`` stands now: it may have been moved since it was read."""
    found = connection.execute(
        "SELECT trace, depth FROM events WHERE seq = ? AND project = ?", (record.seq, number)
    ).fetchone()
    return Place(*found) if found else Place(record.trace_id, record.depth)
