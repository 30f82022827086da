"""Stores that keep everything in memory, and refuse when a test says that the disk does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import implementer

from orgloop.errors import OrgLoopError, StorageUnavailable
from orgloop.interfaces import ICheckpointStore, IEventLog, IProjectRegistry
from orgloop.records import Appended, EventQuery, EventRecord, NewEvent
from orgloop.times import to_iso


@implementer(IEventLog)
@define(eq=False)
class MemoryEventLog:
    """See `IEventLog`. What is appended is "durable" at once."""

    refuses: bool = False
    """Whether the disk says no."""
    _records: list[EventRecord] = field(factory=list, init=False)
    _ids: dict[tuple[str, str], int] = field(factory=dict, init=False)
    _moved: dict[tuple[str, str], EventRecord] = field(factory=dict, init=False)
    _high: int = field(default=0, init=False)
    _wakers: list[tuple[str, Callable[[], None]]] = field(factory=list, init=False)

    def append(self, events: Sequence[NewEvent]) -> Deferred[list[Appended]]:
        if self.refuses:
            return fail(StorageUnavailable("the disk refuses"))
        appended = [self._append(event) for event in events]
        grown = {
            event.project for event, one in zip(events, appended, strict=True) if not one.duplicate
        }
        for project, wake in tuple(self._wakers):
            if project in grown:
                wake()
        return succeed(appended)

    def _append(self, new: NewEvent) -> Appended:
        event = new.event
        known = self._ids.get((new.project, event.id))
        if known is not None:
            return Appended(known, event.id, duplicate=True)
        self._high += 1
        self._ids[new.project, event.id] = self._high
        self._records.append(
            EventRecord(
                seq=self._high,
                id=event.id,
                project=new.project,
                source=event.source,
                type=event.type,
                accepted_at=new.accepted_at,
                trace_id=event.trace_id or "",
                parent=new.parent,
                depth=new.depth,
                body=new.body,
                tracking_id=new.tracking_id,
            )
        )
        self._settle_in(self._records[-1])
        return Appended(self._high, event.id, duplicate=False)

    def _settle_in(self, record: EventRecord) -> None:
        """Give an event the place below its parent as that one stands now."""
        parent = self._moved.get((record.project, record.parent or ""))
        if parent is not None:
            record.trace_id, record.depth = parent.trace_id, parent.depth + 1

    async def read(self, project: str, after: int, limit: int) -> list[EventRecord]:
        return [one for one in self._of(project) if one.seq > after][:limit]

    async def get(self, project: str, event_id: str) -> EventRecord | None:
        return next((one for one in self._of(project) if one.id == event_id), None)

    async def ids_beginning(self, project: str, prefix: str, limit: int) -> list[str]:
        return sorted(one.id for one in self._of(project) if one.id.startswith(prefix))[:limit]

    async def get_many(self, project: str, seqs: Sequence[int]) -> dict[int, EventRecord]:
        return {one.seq: one for one in self._of(project) if one.seq in seqs}

    async def query(self, query: EventQuery) -> list[EventRecord]:
        found = [one for one in self._records if _matches(one, query)]
        found = (found if query.oldest_first else found[::-1])[: query.limit]
        if query.most_bytes is None:
            return found
        held = accumulate(len(one.body) for one in found)
        return found[: 1 + sum(size < query.most_bytes for size in held)]

    async def effects_of(self, project: str, event_id: str) -> list[EventRecord]:
        return [one for one in self._of(project) if one.parent == event_id]

    async def high(self) -> int:
        return self._high

    def subscribe(self, project: str, wake: Callable[[], None]) -> Callable[[], None]:
        entry = (project, wake)
        self._wakers.append(entry)
        return lambda: self._wakers.remove(entry)

    async def tracked(self, project: str, tracking_id: str) -> list[EventRecord]:
        return [one for one in self._of(project) if one.tracking_id == tracking_id]

    async def untied(self, project: str, limit: int) -> list[EventRecord]:
        found = [one for one in self._of(project) if one.tracking_id and one.parent is None]
        return found[::-1][:limit]

    def tie(self, project: str, event_id: str, parent: EventRecord) -> Deferred[bool]:
        if self.refuses:
            return fail(StorageUnavailable("the disk refuses"))
        root = next((one for one in self._of(project) if one.id == event_id), None)
        if root is None or root.parent is not None or parent.project != project:
            return succeed(False)
        family = self._descent(root)
        if any(one.id == parent.id for one in family):
            return succeed(False)
        place = next((one for one in self._of(project) if one.seq == parent.seq), parent)
        deeper = place.depth + 1 - root.depth
        root.parent = parent.id
        for one in family:
            one.trace_id, one.depth = place.trace_id, one.depth + deeper
            self._moved[project, one.id] = one
        return succeed(True)

    def _descent(self, root: EventRecord) -> list[EventRecord]:
        """Return an event and everything that came of it."""
        family = [root]
        for one in family:
            family += [child for child in self._of(root.project) if child.parent == one.id]
        return family

    async def prunable(
        self, project: str, *, accepted_before: int, after: int, up_to: int, limit: int
    ) -> list[int]:
        old = (
            one.seq
            for one in self._of(project)
            if one.accepted_at < accepted_before and after < one.seq <= up_to
        )
        return list(islice(old, limit))

    def forget(self, project: str, seqs: Sequence[int]) -> Deferred[int]:
        if self.refuses:
            return fail(StorageUnavailable("the disk refuses"))
        gone = [one for one in self._of(project) if one.seq in seqs]
        for one in gone:
            self._records.remove(one)
            del self._ids[project, one.id]
        return succeed(len(gone))

    async def close(self) -> None:
        """Nothing is lost: a test may go on with the same object."""

    def _of(self, project: str) -> Iterator[EventRecord]:
        return (one for one in tuple(self._records) if one.project == project)


def _matches(record: EventRecord, query: EventQuery) -> bool:
    return (
        query.project in (None, record.project)
        and (not query.sources or record.source in query.sources)
        and (not query.types or record.type in query.types)
        and query.trace_id in (None, record.trace_id)
        and (query.accepted_from is None or record.accepted_at >= query.accepted_from)
        and (query.accepted_to is None or record.accepted_at < query.accepted_to)
        and (query.before_seq is None or record.seq < query.before_seq)
        and (query.after_seq is None or record.seq > query.after_seq)
    )


@implementer(ICheckpointStore)
@define(eq=False)
class MemoryCheckpointStore:
    """See `ICheckpointStore`."""

    refuses: bool = False
    """Whether the disk says no."""
    now_ms: Callable[[], int] = lambda: 0
    _kept: dict[tuple[str, str], tuple[str, int]] = field(factory=dict, init=False)

    async def load(self, project: str, source: str) -> str | None:
        kept = self._kept.get((project, source))
        return None if kept is None else kept[0]

    async def save(self, project: str, source: str, checkpoint: str) -> None:
        if self.refuses:
            raise StorageUnavailable("the disk refuses")
        self._kept[project, source] = (checkpoint, self.now_ms())

    async def delete(self, project: str, source: str) -> bool:
        return self._kept.pop((project, source), None) is not None

    async def list(self, project: str) -> list[tuple[str, str, str]]:
        return sorted(
            (source, checkpoint, to_iso(saved_at))
            for (of, source), (checkpoint, saved_at) in self._kept.items()
            if of == project
        )


@implementer(IProjectRegistry)
@define(eq=False)
class MemoryProjectRegistry:
    """See `IProjectRegistry`."""

    _projects: dict[str, Mapping[str, Any]] = field(factory=dict, init=False)

    async def register(self, name: str, description: Mapping[str, Any]) -> None:
        if name in self._projects:
            raise OrgLoopError(f"a project named {name!r} is registered already")
        self._projects[name] = description

    async def update(self, name: str, description: Mapping[str, Any]) -> None:
        self._projects[name] = description

    async def unregister(self, name: str) -> None:
        self._projects.pop(name, None)

    async def lookup(self, name: str) -> Mapping[str, Any] | None:
        return self._projects.get(name)

    async def names(self) -> list[str]:
        return sorted(self._projects)
