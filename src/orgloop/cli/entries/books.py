"""Log entries out of the books: what is kept of each event, told as it was when it happened.

They have the shape of the live ones. What is about no event (a source that fails, an actor that is
degraded) stands in no book: it is told live, and to loggers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from itertools import islice
from typing import Any

from attrs import define, evolve, field, frozen

from orgloop.cli.entries.wanted import Wanted
from orgloop.config.runtime import LoopLimits
from orgloop.delivery import DEAD_LETTERS, OPEN_STATES, Delivery
from orgloop.http.phases import phases_of
from orgloop.logentry import LogEntry
from orgloop.records import DeliveryQuery, EventQuery, EventRecord
from orgloop.storage import event_queries, queue_queries
from orgloop.storage.database import open_for_reading
from orgloop.storage.home import Home
from orgloop.times import to_epoch_ms

MOST_EVENTS = 50_000
"""Of one project that are looked at: what they give is in memory."""
_STRETCH = 500
_STANDING = sorted(str(state) for state in OPEN_STATES | DEAD_LETTERS)
_RESULTS = {"deliver.success": "delivered", "deliver.rejected": "rejected", "deliver.dead": "error"}

Document = dict[str, Any]


@frozen
class History:
    """Entries, oldest first."""

    entries: list[Document]
    is_cut: bool = False
    """Whether there are events that were not looked at."""


@frozen(kw_only=True)
class Asked:
    """Which entries: the last ``most`` of a time, or all of it."""

    wanted: Wanted
    since: str | None = None
    until: str | None = None
    most: int | None = None

    def has(self, entry: Document) -> bool:
        """Say whether an entry is asked for."""
        at = entry["timestamp"]  # one form: as text they are in order of time
        is_in_time = (self.since is None or at >= self.since) and (
            self.until is None or at < self.until
        )
        return is_in_time and self.wanted(entry)


def read_books(home: Home, asked: Asked) -> History:
    """Return what the books of a home hold; also while a runtime writes them.

    Raises `sqlite3.Error` for files that cannot be read.
    """
    if not home.event_log.exists():
        return History([])
    found: list[Document] = []
    is_cut = False
    with ExitStack() as stack:
        log = stack.enter_context(closing(open_for_reading(home.event_log)))
        for name in _projects(log, asked.wanted.values("project")):
            file = home.queue(name)
            if not file.exists():
                continue
            queue = stack.enter_context(closing(open_for_reading(file)))
            looking = _Looking(name, log, queue, asked)
            looking.look()
            found += looking.found
            is_cut = is_cut or looking.is_cut
    found.sort(key=lambda entry: str(entry["timestamp"]))
    return History(found if asked.most is None else _last(found, asked.most), is_cut)


def _last(found: list[Document], most: int) -> list[Document]:
    return found[len(found) - most :] if len(found) > most else found


def _projects(log: sqlite3.Connection, wanted: Sequence[str]) -> list[str]:
    names = [str(name) for (name,) in log.execute("SELECT name FROM projects ORDER BY num")]
    return [name for name in names if not wanted or name in wanted]


@define
class _Looking:
    """Go through the books of one project until what is asked for was found."""

    _project: str
    _log: sqlite3.Connection
    _queue: sqlite3.Connection
    _asked: Asked
    found: list[Document] = field(factory=list, init=False)
    is_cut: bool = field(default=False, init=False)
    _seen: set[int] = field(factory=set, init=False)

    def look(self) -> None:
        """Go through standing deliveries first, then through events, the newest first."""
        if ids := self._asked.wanted.values("event"):
            self._tell(filter(None, (self._event(one) for one in ids)))
            return
        stretches = self._stretches()
        for stretch in stretches:
            self._tell(stretch)
            if self._asked.most is not None and len(self.found) >= self._asked.most:
                return
            if len(self._seen) >= MOST_EVENTS:
                self.is_cut = next(stretches, None) is not None
                return

    def _event(self, event_id: str) -> EventRecord | None:
        return event_queries.get(self._log, self._project, event_id)

    def _stretches(self) -> Iterator[list[EventRecord]]:
        newest = self._by_time()
        first = next(newest, [])
        # What is older and still happens, or ended in the time that is asked for.
        yield self._beside({record.seq for record in first}) + first
        yield from newest

    def _by_time(self) -> Iterator[list[EventRecord]]:
        query = EventQuery(
            project=self._project,
            sources=self._asked.wanted.values("source"),
            accepted_from=_epoch(self._asked.since),
            accepted_to=_epoch(self._asked.until),
            limit=_STRETCH,
        )
        while records := event_queries.query(self._log, query):
            yield records
            query = evolve(query, before_seq=records[-1].seq)

    def _beside(self, known: set[int]) -> list[EventRecord]:
        questions = [DeliveryQuery(states=_STANDING, limit=_STRETCH)]
        if self._asked.since is not None:
            ended = DeliveryQuery(
                settled_from=_epoch(self._asked.since),
                settled_to=_epoch(self._asked.until),
                limit=MOST_EVENTS,
            )
            questions.append(ended)
        seqs = {
            row.event_seq
            for question in questions
            for row in queue_queries.query(self._queue, self._project, question)
        }
        return event_queries.get_many(self._log, self._project, sorted(seqs - known))

    def _tell(self, records: Iterator[EventRecord] | Sequence[EventRecord]) -> None:
        new = [record for record in records if record.seq not in self._seen]
        self._seen.update(record.seq for record in new)
        rows = queue_queries.for_events(self._queue, self._project, [one.seq for one in new])
        routed = [row.id for of_event in rows.values() for row in of_event if row.route]
        histories = queue_queries.histories(self._queue, routed)
        for record in new:
            of_event = entries_of(record, rows.get(record.seq, []), histories)
            self.found += filter(self._asked.has, of_event)


def _epoch(moment: str | None) -> int | None:
    return None if moment is None else to_epoch_ms(moment)


def entries_of(
    record: EventRecord, rows: Sequence[Delivery], histories: Mapping[str, Mapping[str, Any]]
) -> Iterator[Document]:
    """Yield what happened to one event as log entries, oldest first."""
    for phase in phases_of(record, rows, histories, LoopLimits()):
        attempts = histories.get(phase.get("delivery", ""), {}).get("attempts", [])
        yield _entry(record, phase, attempts)


def _entry(record: EventRecord, phase: Document, attempts: Sequence[Mapping[str, Any]]) -> Document:
    told: str = phase["phase"]
    error, detail = phase.get("error"), phase.get("detail")
    attempt = phase.get("attempt") or (len(attempts) if told in _RESULTS else 0)
    return LogEntry(
        phase=told,
        timestamp=to_epoch_ms(phase["timestamp"]),
        project=record.project,
        event_id=record.id,
        trace_id=record.trace_id,
        source=record.source,
        target=phase.get("actor"),
        route=phase.get("route"),
        transform=phase.get("transform"),
        event_type=record.type,
        duration_ms=phase.get("duration_ms", _took(told, attempt, attempts)),
        attempt=attempt or None,
        result=phase.get("verdict", _RESULTS.get(told)),
        error=error,
        metadata={"reason": detail} if detail and detail != error else None,
    ).to_json()


def _took(told: str, attempt: int, attempts: Sequence[Mapping[str, Any]]) -> float | None:
    """Return how long the attempt took that an entry tells the end of."""
    if told == "deliver.attempt":
        return None
    of_number = (one for one in attempts if one["attempt"] == attempt)
    found = next(islice(of_number, 1), None)
    return None if found is None else max(0.0, float(found["ended_at"] - found["started_at"]))
