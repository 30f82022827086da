"""What the runtime's files say when it has ended: read as they are, past the runtime's code."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

OPEN = frozenset({"matched", "waiting", "delivering", "held", "inbox"})
DEAD_LETTERS = frozenset({"dead", "rejected"})


@frozen
class Kept:
    """An event of the log."""

    seq: int
    id: str
    source: str
    parent: str | None
    depth: int
    trace: str
    payload: dict[str, Any]
    provenance: dict[str, Any]

    @property
    def number(self) -> int:
        """The number of the ticket that it was."""
        return int(self.payload.get("n", -1))

    @property
    def is_poisoned(self) -> bool:
        return bool(self.payload.get("poison"))


@define
class Row:
    """A delivery of the queue, with its attempts as (started, outcome)."""

    row: int
    id: str
    event_seq: int
    route: str | None
    actor: str | None
    state: str
    replay: int
    settled_at: int | None
    into: str | None
    """What carries it, if it is merged."""
    tracking_id: str | None
    error: str | None
    attempts: list[tuple[int, str]] = field(factory=list)
    members: list[Row] = field(factory=list)
    """What is merged into it, in order of acceptance."""


@define
class Books:
    """A log and a queue."""

    events: dict[int, Kept]
    rows: list[Row]
    damage: list[str]

    @classmethod
    def read(cls, home: Path) -> Books:
        """Read the files of a runtime that does not run."""
        damage: list[str] = []
        with _opened(home / "data/wal/events.db", damage) as log:
            events = {event.seq: event for event in _events(log)}
        with _opened(home / "data/queue/faults.db", damage) as queue:
            rows = _rows(queue)
            damage += _miscounted(queue)
        return cls(events, rows, damage)

    def event_of(self, row: Row) -> Kept | None:
        return self.events.get(row.event_seq)

    def by_id(self) -> dict[str, Row]:
        return {row.id: row for row in self.rows}


def expecting_a_stop(home: Path) -> int:
    """Return how many deliveries still expect a stop; also of a runtime that runs."""
    with _connected(home / "data/queue/faults.db") as queue:
        found = queue.execute("SELECT count(*) FROM deliveries WHERE deadline IS NOT NULL")
        return int(found.fetchone()[0])


@contextmanager
def _opened(file: Path, damage: list[str]) -> Iterator[sqlite3.Connection]:
    with _connected(file) as connection:
        found = connection.execute("PRAGMA integrity_check").fetchall()
        if found != [("ok",)]:
            damage.append(f"{file.name}: {found[:3]}")
        yield connection


def _connected(file: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True))


def _events(log: sqlite3.Connection) -> Iterator[Kept]:
    found = log.execute("SELECT seq, id, source, parent, depth, trace, body FROM events")
    for seq, name, source, parent, depth, trace, body in found:
        event = json.loads(body)
        payload = event.get("payload") or {}
        yield Kept(seq, name, source, parent, depth, trace, payload, event["provenance"])


def _rows(queue: sqlite3.Connection) -> list[Row]:
    found = queue.execute(
        "SELECT row, id, event_seq, route, actor, state, replay, settled_at, into_id, tracking_id, "
        "error FROM deliveries ORDER BY event_seq"
    )
    rows = {one[0]: Row(*one) for one in found}
    for row, started_at, outcome in queue.execute(
        "SELECT row, started_at, outcome FROM attempts ORDER BY row, attempt"
    ):
        rows[row].attempts.append((started_at, outcome))
    by_id = {row.id: row for row in rows.values()}
    for row in rows.values():
        row.into = _carrier(row, by_id)
        if row.into in by_id:
            by_id[row.into].members.append(row)
    return list(rows.values())


def _carrier(row: Row, by_id: dict[str, Row]) -> str | None:
    """Return what carries a row in the end: what it was merged into may be merged itself."""
    seen = {row.id}
    into = row.into
    while into in by_id and into not in seen and by_id[into].state == "merged":
        seen.add(into)
        into = by_id[into].into
    return into


def _miscounted(queue: sqlite3.Connection) -> list[str]:
    """Return where the kept counts differ from what is there."""
    counted = set(queue.execute("SELECT actor, route, state, n FROM counts WHERE n <> 0"))
    there = set(
        queue.execute(
            "SELECT coalesce(actor, ''), coalesce(route, ''), state, count(*) FROM deliveries "
            "GROUP BY 1, 2, 3"
        )
    )
    return [f"the counts are wrong: {sorted(counted ^ there)[:5]}"] if counted != there else []
