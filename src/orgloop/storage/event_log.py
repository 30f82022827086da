"""The event log in one SQLite file, shared by the projects of a runtime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from orgloop.interfaces import IEventLog
from orgloop.records import Appended, EventQuery, EventRecord, NewEvent
from orgloop.storage import event_queries
from orgloop.storage.committer import Committer
from orgloop.storage.event_damage import first_damaged_event
from orgloop.storage.event_tables import EventTables, Growth
from orgloop.storage.reader import Reader
from orgloop.storage.recent_events import RecentEvents
from orgloop.storage.transactions import Transactions
from orgloop.storage.worker import NewWorker


@implementer(IEventLog)
class SQLiteEventLog:
    """See `IEventLog`. One thread commits, one reads for the flow, one answers people's queries."""

    def __init__(self, path: Path, new_worker: NewWorker) -> None:
        self.path = path
        self._tables = EventTables()
        self._committer = Committer(
            Transactions(path, self._tables), new_worker("event log commits"), self._grown
        )
        self._flow = Reader(path, new_worker("event log reads"))
        self._queries = Reader(path, new_worker("event log queries"))
        self._high = 0
        self._floor = 0
        self._recent: dict[str, RecentEvents] = {}
        self._wakes: dict[str, list[Callable[[], None]]] = {}

    @classmethod
    async def open(cls, path: Path, new_worker: NewWorker) -> SQLiteEventLog:
        """Open the log, or make a new one; raises `StorageDamaged` or `StorageUnavailable`.

        ``new_worker`` makes the log's threads: ``partial(ThreadWorker, reactor)``.
        """
        log = cls(path, new_worker)
        await log._committer.open()
        return log

    def _grown(self, growth: Growth) -> None:
        if growth.is_first:
            # What is in the file may be more than was answered for: forget what memory says of it.
            self._recent.clear()
            self._floor = growth.floor
        self._high = growth.high
        for record in growth.records:
            self._recent_of(record.project).add(record)
        for moved in growth.moved:
            self._recent_of(moved.project).move(moved)
        grown = self._wakes if growth.is_first else {one.project for one in growth.records}
        for project in list(grown):
            for wake in list(self._wakes.get(project, ())):
                wake()

    def _recent_of(self, project: str) -> RecentEvents:
        recent = self._recent.get(project)
        if recent is None:
            recent = self._recent[project] = RecentEvents(self._floor)
        return recent

    def append(self, events: Sequence[NewEvent]) -> Deferred[list[Appended]]:
        """See `IEventLog.append`."""
        if not events:
            return succeed([])
        return self._committer.submit(self._tables.append, events)

    async def read(self, project: str, after: int, limit: int) -> list[EventRecord]:
        """See `IEventLog.read`."""
        recent = self._recent_of(project).after(after, limit)
        if recent is not None:
            return recent
        return await self._flow.read(event_queries.read, project, after, limit)

    async def get(self, project: str, event_id: str) -> EventRecord | None:
        """See `IEventLog.get`."""
        recent = self._recent_of(project).by_id(event_id)
        if recent is not None:
            return recent
        return await self._flow.read(event_queries.get, project, event_id)

    async def ids_beginning(self, project: str, prefix: str, limit: int) -> list[str]:
        """See `IEventLog.ids_beginning`."""
        return await self._queries.read(event_queries.ids_beginning, project, prefix, limit)

    async def get_many(self, project: str, seqs: Sequence[int]) -> dict[int, EventRecord]:
        """See `IEventLog.get_many`."""
        recent = self._recent_of(project)
        found = {seq: one for seq in seqs if (one := recent.by_seq(seq)) is not None}
        older = [seq for seq in seqs if seq <= recent.floor and seq not in found]
        if older:
            records = await self._flow.read(event_queries.get_many, project, older)
            found.update((record.seq, record) for record in records)
        return found

    async def query(self, query: EventQuery) -> list[EventRecord]:
        """See `IEventLog.query`."""
        return await self._queries.read(event_queries.query, query)

    async def effects_of(self, project: str, event_id: str) -> list[EventRecord]:
        """See `IEventLog.effects_of`."""
        return await self._queries.read(event_queries.effects_of, project, event_id)

    async def high(self) -> int:
        """See `IEventLog.high`."""
        return self._high

    def subscribe(self, project: str, wake: Callable[[], None]) -> Callable[[], None]:
        """See `IEventLog.subscribe`."""
        wakes = self._wakes.setdefault(project, [])
        wakes.append(wake)
        return lambda: wakes.remove(wake) if wake in wakes else None

    async def tracked(self, project: str, tracking_id: str) -> list[EventRecord]:
        """See `IEventLog.tracked`."""
        return await self._flow.read(event_queries.tracked, project, tracking_id)

    async def untied(self, project: str, limit: int) -> list[EventRecord]:
        """See `IEventLog.untied`."""
        return await self._queries.read(event_queries.untied, project, limit)

    def tie(self, project: str, event_id: str, parent: EventRecord) -> Deferred[bool]:
        """See `IEventLog.tie`."""
        if parent.project != project:
            return succeed(False)
        return self._committer.submit(self._tables.tie, (event_id, parent))

    async def prunable(
        self, project: str, *, accepted_before: int, after: int, up_to: int, limit: int
    ) -> list[int]:
        """See `IEventLog.prunable`."""
        return await self._queries.read(
            event_queries.prunable, project, accepted_before, after, up_to, limit
        )

    def forget(self, project: str, seqs: Sequence[int]) -> Deferred[int]:
        """See `IEventLog.forget`."""

        def leave_out(forgotten: int) -> int:
            self._recent_of(project).forget(seqs)
            return forgotten

        if not seqs:
            return succeed(0)
        return self._committer.submit(self._tables.forget, (project, seqs)).addCallback(leave_out)

    async def damage(self) -> str | None:
        """Say which event is damaged, if one is. Of a large log only `read` and `get` tell."""
        return await self._queries.read(first_damaged_event)

    @property
    def is_healthy(self) -> bool:
        """Whether the last commit succeeded. Only a write, or `probe`, makes it true again."""
        return self._committer.is_healthy

    @property
    def commit_under_way(self) -> int | None:
        """See `Committer.under_way`."""
        return self._committer.under_way

    async def probe(self) -> None:
        """Find out whether the disk takes writes; raises `StorageUnavailable` if it does not."""
        await self._committer.probe()

    async def close(self) -> None:
        """See `IEventLog.close`."""
        await self._flow.close()
        await self._queries.close()
        await self._committer.close()
