"""Log entries out of the books: what is kept of each event, told as it was when it happened.

They have the shape of the live ones. What is about no event (a source that fails, an actor that is
degraded) stands in no book: it is told live, and to loggers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
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
_FURTHEST = 200_000
"""Deliveries that are looked at for attempts of late: a tenth of a second."""
_STANDING = sorted(str(state) for state in OPEN_STATES | DEAD_LETTERS)
_ENDS = frozenset({"deliver.success", "deliver.rejected", "deliver.skipped", "deliver.dead"})

Document = dict[str, Any]


@frozen
class History:
    """Entries, oldest first."""

    entries: list[Document]
    older: list[Document] = field(factory=list)
    """What lies further back than the last that were asked for, as far as it was read."""
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
    first = 0 if asked.most is None else max(0, len(found) - asked.most)
    return History(found[first:], found[:first], is_cut)


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
        since, most = _epoch(self._asked.since), self._asked.most
        if since is not None:
            questions.append(
                DeliveryQuery(
                    settled_from=since, settled_to=_epoch(self._asked.until), limit=MOST_EVENTS
                )
            )
        limit = MOST_EVENTS if most is None else min(most, MOST_EVENTS)
        seqs = set(queue_queries.tried(self._queue, since or 0, limit, _FURTHEST))
        seqs |= {
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
    number = phase.get("attempt") or (len(attempts) if told in _ENDS else 0)
    ended = None if told == "deliver.attempt" else _attempt(attempts, number)
    error, detail = phase.get("error"), phase.get("detail")
    is_of_transform = told.startswith("transform.")
    return LogEntry(
        phase=told,
        timestamp=to_epoch_ms(phase["timestamp"]),
        project=record.project,
        event_id=record.id,
        trace_id=record.trace_id,
        source=record.source,
        target=phase.get("actor"),
        route=phase.get("route"),
        transform=phase.get("transform") if is_of_transform else None,
        event_type=record.type,
        duration_ms=phase.get("duration_ms") if is_of_transform else _took(ended),
        attempt=number or None,
        result=phase.get("verdict") if is_of_transform else _result(told, ended),
        error=error,
        metadata={"reason": detail} if detail and detail != error else None,
    ).to_json()


def _attempt(attempts: Sequence[Mapping[str, Any]], number: int) -> Mapping[str, Any] | None:
    """Return the attempt of which an entry tells the end."""
    return next((one for one in attempts if one["attempt"] == number), None)


def _took(ended: Mapping[str, Any] | None) -> float | None:
    return None if ended is None else max(0.0, float(ended["ended_at"] - ended["started_at"]))


def _result(told: str, ended: Mapping[str, Any] | None) -> str | None:
    """Return how the attempt ended that settled a delivery."""
    return str(ended["outcome"]) if ended is not None and told in _ENDS else None
