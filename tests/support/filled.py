"""Homes with a long past, or with a long queue: written straight into the files."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from zlib import crc32

from attrs import frozen

from orgloop.identity import delivery_id, derived_event_id, trace_id_of
from orgloop.storage.database import open_for_writing
from orgloop.storage.event_tables import SCHEMA as LOG_SCHEMA
from orgloop.storage.home import Home
from orgloop.storage.queue_schema import SCHEMA as QUEUE_SCHEMA
from orgloop.times import to_iso

_FILLER = "x" * 300
_HOUR_MS = 3_600_000


@frozen(kw_only=True)
class Past:
    """A number of events of one source, each with one delivery along one route."""

    project: str
    source: str
    route: str
    actor: str
    count: int
    state: str
    """``delivered``, one attempt each, or ``waiting``: due at once, never tried."""
    newest_ms: int | None = None
    """When the last of them was accepted; now by default."""
    spread_ms: int = 7 * 24 * _HOUR_MS
    """Between the first and the last."""
    degraded: str | None = None
    """Why the actor's circuit is open."""

    def write(self, home: Home) -> None:
        """Fill a home in which nothing has run yet."""
        home.create()
        home.queue(self.project).parent.mkdir(parents=True, exist_ok=True)
        with closing(open_for_writing(home.event_log, LOG_SCHEMA)) as log:
            _in_one(log, self._write_events)
        with closing(open_for_writing(home.queue(self.project), QUEUE_SCHEMA)) as queue:
            _in_one(queue, self._write_deliveries)

    def _times(self) -> Iterator[int]:
        newest = self.newest_ms or time.time_ns() // 1_000_000
        for place in range(1, self.count + 1):
            yield newest - self.spread_ms * (self.count - place) // self.count

    def _id(self, seq: int) -> str:
        return derived_event_id(self.project, self.source, "webhook", f"past-{seq}")

    def _write_events(self, log: sqlite3.Connection) -> None:
        log.execute("INSERT INTO projects VALUES (1, ?)", (self.project,))
        log.executemany(
            "INSERT INTO events (seq, project, id, source, type, time, trace, depth, body, crc) "
            "VALUES (?, 1, ?, ?, 'resource.changed', ?, ?, 1, ?, ?)",
            self._events(),
        )
        log.execute("INSERT INTO ids SELECT project, id, seq FROM events ORDER BY project, id")
        _write_hours(log, 1, self._times())

    def _events(self) -> Iterator[tuple[object, ...]]:
        for seq, at in enumerate(self._times(), start=1):
            name = self._id(seq)
            body = json.dumps(
                {
                    "id": name,
                    "timestamp": to_iso(at),
                    "source": self.source,
                    "type": "resource.changed",
                    "provenance": {"platform": "webhook", "platform_event": "ticket.opened"},
                    "payload": {"type": "ticket.opened", "number": seq, "text": _FILLER},
                    "trace_id": trace_id_of(name),
                    "origin": {"runtime": "rt_" + "0" * 20, "project": self.project},
                },
                separators=(",", ":"),
            ).encode()
            yield seq, name, self.source, at, trace_id_of(name), body, crc32(body)

    def _write_deliveries(self, queue: sqlite3.Connection) -> None:
        is_open = self.state == "waiting"
        queue.executemany(
            "INSERT INTO deliveries (row, place, id, event_id, event_seq, route, actor, state, "
            "attempts, accepted_at, created_at, settled_at, due_at, not_before, config) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '{}')",
            (
                (
                    *(seq, seq, delivery_id(self.project, self._id(seq), seq, self.route, 0)),
                    *(self._id(seq), seq, self.route, self.actor, self.state),
                    *((0, at, at, None, at, at) if is_open else (1, at, at, at, None, None)),
                )
                for seq, at in enumerate(self._times(), start=1)
            ),
        )
        if not is_open:
            queue.execute(
                "INSERT INTO attempts "
                "SELECT row, 1, settled_at, settled_at, 'delivered', NULL FROM deliveries"
            )
        queue.execute(
            "INSERT INTO counts VALUES (?, ?, ?, ?)",
            (self.actor, self.route, self.state, self.count),
        )
        queue.execute("INSERT INTO cursor VALUES (1, ?)", (self.count,))
        if self.degraded is not None:
            queue.execute("INSERT INTO degraded VALUES (?, ?)", (self.actor, self.degraded))
        _write_hours(queue, 0, self._times())


def _in_one(connection: sqlite3.Connection, write: object) -> None:
    assert callable(write)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    write(connection)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _write_hours(connection: sqlite3.Connection, series: int, times: Iterator[int]) -> None:
    current = None
    for position, at in enumerate(times, start=1):
        if at // _HOUR_MS != current:
            current = at // _HOUR_MS
            connection.execute("INSERT INTO hours VALUES (?, ?, ?)", (series, position, current))
