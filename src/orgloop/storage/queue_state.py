"""What the thread that writes a queue knows of it without asking the file."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping

from attrs import frozen

from orgloop.delivery import DeliveryState
from orgloop.storage.hours import Hours
from orgloop.storage.order import step_in
from orgloop.storage.queue_schema import SCHEMA, STANDING

_WAITING = DeliveryState.WAITING

CountKey = tuple[str | None, str | None, str]
"""Actor, route, state."""


@frozen
class QueueChange:
    """What one commit changed: the cursor, and the counts that are different now."""

    cursor: int | None
    counts: Mapping[CountKey, int]


class QueueState:
    """Cursor, counts, row numbers and rows in flight; see `Content`.

    Every operation on the queue tells it what it did.
    """

    schema = SCHEMA

    def __init__(self, project: str) -> None:
        self.project = project
        self.cursor: int | None = None
        self.next_row = 1
        self.hours = Hours()
        self.adopted: frozenset[str] | None = None
        """The routes whose rows may fall due; `None`: nobody said, all of them."""
        self.depths: Mapping[str, int] = {}
        """How many rows may wait for an actor, where that is bounded."""
        self._waiting: Counter[str | None] = Counter()  # of the actors with a depth
        self._kept_cursor: int | None = None
        self._counts: dict[CountKey, int] = {}
        self._changed: set[CountKey] = set()
        # Rows that somebody has claimed and must still settle or release.
        self._handed_out: set[int] = set()
        self._taken: set[int] = set()
        self._given_back: set[int] = set()
        self._is_loaded = False

    def load(self, connection: sqlite3.Connection) -> None:
        """See `Content.load`."""
        self.hours.load(connection)
        self._taken.clear()
        self._given_back.clear()
        in_flight = {
            row
            for (row,) in connection.execute(
                f"SELECT row FROM deliveries WHERE state = 'delivering' AND {STANDING}"
            )
        }
        if self._is_loaded:
            _put_back(connection, in_flight - self._handed_out)
        else:
            self._handed_out = in_flight
        self._is_loaded = True
        found = connection.execute("SELECT seq FROM cursor").fetchone()
        self.cursor = self._kept_cursor = found[0] if found else None
        found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'")
        self.next_row = 1 + next((seq for (seq,) in found), 0)
        self._counts = {
            (actor or None, route or None, state): n
            for actor, route, state, n in connection.execute("SELECT * FROM counts")
        }
        self._changed = set(self._counts)
        self.bound(self.depths)

    def give_rows(self, count: int) -> range:
        """Return the numbers of ``count`` new rows."""
        first = self.next_row
        self.next_row += count
        return range(first, self.next_row)

    def give_places(self, connection: sqlite3.Connection, count: int) -> range:
        """Return places at the end of every line, which no row will have as its number."""
        places = self.give_rows(count)
        if count:
            connection.execute(
                "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'deliveries'",
                (places[-1],),
            )
        return places

    def is_adopted(self, route: str) -> bool:
        """Whether the waiting rows of a route fall due."""
        return self.adopted is None or route in self.adopted

    def count(self, actor: str | None, route: str | None, state: str, by: int) -> None:
        """Take notice that there are more (or fewer) rows of this kind."""
        key = (actor, route, state)
        self._counts[key] = self._counts.get(key, 0) + by
        self._changed.add(key)
        if self.depths and state == _WAITING and actor in self.depths:
            self._waiting[actor] += by

    def moved(
        self, actor: str | None, route: str | None, before: str, after: str, number: int = 1
    ) -> None:
        """Take notice that a row, or so many of them, went from one state to another."""
        self.count(actor, route, before, -number)
        self.count(actor, route, after, number)

    def bound(self, depths: Mapping[str, int]) -> None:
        """Take notice of how many rows may wait for an actor, where that is bounded."""
        self.depths = dict(depths)
        self._waiting = Counter()
        for (actor, _, state), number in self._counts.items():
            if state == _WAITING and actor in self.depths:
                self._waiting[actor] += number

    def waiting_too_many(self, actor: str) -> int:
        """Return how many more rows wait for an actor than may; negative if there is room."""
        return self._waiting[actor] - self.depths[actor]

    def has_rows(self, actor: str) -> bool:
        """Whether there is any row of an actor."""
        return any(of == actor and count for (of, _, _), count in self._counts.items())

    def waiting_routes(self) -> set[str]:
        """Return the routes that have rows in state ``waiting``."""
        return {
            route
            for (_, route, state), count in self._counts.items()
            if state == DeliveryState.WAITING and count and route is not None
        }

    def take(self, rows: Iterable[int]) -> None:
        """Take notice that rows were claimed."""
        self._taken.update(rows)

    def give_back(self, row: int) -> None:
        """Take notice that a claimed row was settled or released."""
        self._given_back.add(row)

    def is_handed_out(self, row: int) -> bool:
        """Whether somebody has yet to settle or release this row."""
        return row in self._handed_out and row not in self._given_back

    def finish(self, connection: sqlite3.Connection) -> None:
        """See `Content.finish`."""
        self.hours.write(connection)
        if self._changed:
            connection.executemany(
                "INSERT INTO counts VALUES (?, ?, ?, ?) "
                "ON CONFLICT (actor, route, state) DO UPDATE SET n = excluded.n",
                [
                    (actor or "", route or "", state, self._counts[actor, route, state])
                    for actor, route, state in self._changed
                ],
            )
        if self.cursor != self._kept_cursor:
            connection.execute(
                "INSERT INTO cursor VALUES (1, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq",
                (self.cursor,),
            )

    def committed(self) -> QueueChange:
        """See `Content.committed`."""
        self._kept_cursor = self.cursor
        self._handed_out -= self._given_back
        self._handed_out |= self._taken
        self._given_back.clear()
        self._taken.clear()
        change = QueueChange(self.cursor, {key: self._counts[key] for key in self._changed})
        self._changed.clear()
        return change


def _put_back(connection: sqlite3.Connection, strays: set[int]) -> None:
    """Let rows wait again whose claim is in the file although its commit was reported as failed.

    Nobody knows of them, so nobody would ever settle them.
    """
    if not strays:
        return
    connection.execute("BEGIN IMMEDIATE")
    for row in strays:
        actor, route, key = connection.execute(
            "UPDATE deliveries SET state = 'waiting', due_at = not_before, attempts = attempts - 1 "
            "WHERE row = ? RETURNING coalesce(actor, ''), coalesce(route, ''), order_key",
            (row,),
        ).fetchone()
        if key is not None:
            step_in(connection, row, (route, key, actor))
        for state, by in (("delivering", -1), ("waiting", 1)):
            connection.execute(
                "INSERT INTO counts VALUES (?, ?, ?, ?) "
                "ON CONFLICT (actor, route, state) DO UPDATE SET n = n + excluded.n",
                (actor, route, state, by),
            )
    connection.execute("COMMIT")
