"""A runtime as the HTTP server sees it, made of what a test puts in."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from attrs import define, evolve, field
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from orgloop.config.effective import DEFAULTS
from orgloop.config.model import Defaults, LoopLimits
from orgloop.config.runtime import SupervisorSettings
from orgloop.delivery import DEAD_LETTERS, OPEN_STATES, Delivery, DeliveryState
from orgloop.event import Cause, Event, EventDraft, Origin
from orgloop.flow.explaining import Standings, explain
from orgloop.interfaces import IWebhookSource
from orgloop.logentry import LogEntry
from orgloop.records import DeliveryQuery, EventQuery, EventRecord, Inbox
from orgloop.reports import WebhookRequest, WebhookResult
from orgloop.runtime.metrics import Metrics
from orgloop.runtime.observers import Observers
from orgloop.runtime.supervision import Supervision
from orgloop.storage.home import Home

TOKEN = "0123456789abcdef" * 4
NOW = 1_769_846_400_000  # 2026-01-31T08:00:00Z


@define
class Accepted:
    event_ids: Sequence[str]
    created: int
    duplicate: bool = False


@implementer(IWebhookSource)
@define
class HookSource:
    """A source that reports each JSON object as it is; signed by ``X-Good`` if it is signed."""

    is_signed: bool = False
    path: str | None = None
    answer: WebhookResult | None = None
    error: Exception | None = None
    requests: list[WebhookRequest] = field(factory=list)

    async def start(self) -> None: ...
    async def stop(self) -> None: ...

    def verify(self, request: WebhookRequest) -> bool:
        return request.headers.get("x-good") == "yes"

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        if self.answer is not None:
            return self.answer
        payload = request.json_object()
        return WebhookResult([EventDraft("resource.changed", {"platform": "webhook"}, payload)])


@define
class Door:
    """Where drafts go: kept in ``drafts``, refused with ``error``, or held back by ``wait``."""

    source_id: str = "hook"
    project: str = "shop"
    source: HookSource = field(factory=HookSource)
    available: bool = True
    error: Exception | None = None
    wait: Deferred[None] | None = None
    duplicate: bool = False
    drafts: list[EventDraft] = field(factory=list)
    causes: list[Cause | None] = field(factory=list)

    def conceal(self, text: str) -> str:
        return text.replace("swordfish", "***")

    async def accept(self, drafts: Sequence[EventDraft], *, cause: Cause | None) -> Accepted:
        if self.wait is not None:
            await self.wait
        if self.error is not None:
            raise self.error
        self.drafts += drafts
        self.causes.append(cause)
        ids = [draft.id or f"evt_{len(self.drafts)}" for draft in drafts]
        return Accepted(ids, 0 if self.duplicate else len(ids), self.duplicate)


@define
class Log:
    """The reading side of an event log, from a list in order of acceptance."""

    records: list[EventRecord] = field(factory=list)
    queries: list[EventQuery] = field(factory=list)
    most: int | None = None
    """How many there is room for in an answer; the last of them fills it."""

    async def get(self, project: str, event_id: str) -> EventRecord | None:
        found = [one for one in self.records if (one.project, one.id) == (project, event_id)]
        return found[0] if found else None

    async def ids_beginning(self, project: str, prefix: str, limit: int) -> list[str]:
        named = [one.id for one in self.records if one.project == project]
        return sorted(one for one in named if one.startswith(prefix))[:limit]

    async def get_many(self, project: str, seqs: Sequence[int]) -> dict[int, EventRecord]:
        return {one.seq: one for one in self.records if one.project == project and one.seq in seqs}

    async def effects_of(self, project: str, event_id: str) -> list[EventRecord]:
        return [one for one in self.records if (one.project, one.parent) == (project, event_id)]

    async def query(self, query: EventQuery) -> list[EventRecord]:
        self.queries.append(query)
        found = [
            one
            for one in reversed(self.records)
            if (query.project in (None, one.project))
            and (not query.sources or one.source in query.sources)
            and (not query.types or one.type in query.types)
            and (query.accepted_from is None or one.accepted_at >= query.accepted_from)
            and (query.accepted_to is None or one.accepted_at < query.accepted_to)
            and (query.before_seq is None or one.seq < query.before_seq)
        ]
        in_order = found[::-1] if query.oldest_first else found
        beyond = [one for one in in_order if query.after_seq is None or one.seq > query.after_seq]
        answer = beyond[: query.limit]
        if self.most is None or len(answer) <= self.most or query.most_bytes is None:
            return answer
        last = answer[self.most - 1]
        return [*answer[: self.most - 1], evolve(last, body=last.body.ljust(8_000_000))]

    async def high(self) -> int:
        return max((one.seq for one in self.records), default=0)


@define
class Queue:
    """The reading side of a queue, from a list in order of creation."""

    rows: list[Delivery] = field(factory=list)
    in_boxes: list[Inbox] = field(factory=list)
    queries: list[DeliveryQuery] = field(factory=list)
    pasts: dict[str, dict[str, Any]] = field(factory=dict)
    asked_for: list[int] = field(factory=list)
    """How many histories were asked for each time."""
    number: dict[tuple[str | None, str | None, str], int] = field(factory=dict)
    due: dict[str, int] = field(factory=dict)
    error: Exception | None = None
    asked_of: list[list[int]] = field(factory=list)
    """Of which events the deliveries were asked for."""

    async def first_due(self) -> Mapping[str, int]:
        if self.error is not None:
            raise self.error
        return self.due

    def counts(self) -> Mapping[tuple[str | None, str | None, str], int]:
        return self.number

    async def for_events(self, seqs: Sequence[int]) -> dict[int, list[Delivery]]:
        found: dict[int, list[Delivery]] = {}
        self.asked_of.append(list(seqs))
        for row in self.rows:
            if row.event_seq in seqs:
                found.setdefault(row.event_seq, []).append(row)
        return found

    async def query(self, query: DeliveryQuery) -> list[Delivery]:
        self.queries.append(query)
        rows = list(self.rows if query.oldest_first else reversed(self.rows))
        if query.before is not None:
            rows = rows[[row.id for row in rows].index(query.before) + 1 :]
        found = [
            row
            for row in rows
            if (not query.ids or row.id in query.ids)
            and (not query.states or row.state in query.states)
            and (not query.actors or row.actor in query.actors)
            and (not query.routes or row.route in query.routes)
            and (query.event_seq in (None, row.event_seq))
            and _is_between(row.settled_at, query.settled_from, query.settled_to)
            and (query.reason is None or query.reason.lower() in (row.error or "").lower())
        ]
        return found[: query.limit]

    async def count(self, query: DeliveryQuery) -> int:
        return len(await self.query(evolve(query, limit=1_000_000)))

    async def get(self, delivery_id: str) -> Delivery | None:
        found = [row for row in self.rows if row.id == delivery_id]
        return found[0] if found else None

    async def inboxes(self) -> list[Inbox]:
        return self.in_boxes

    async def inbox(self, session_key: str) -> Inbox | None:
        found = [one for one in self.in_boxes if one.session_key == session_key]
        return found[0] if found else None

    async def histories(self, delivery_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        self.asked_for.append(len(delivery_ids))
        nothing: dict[str, Any] = {"steps": [], "attempts": []}
        return {one: self.pasts.get(one, nothing) for one in delivery_ids}


def _is_between(moment: int | None, first: int | None, end: int | None) -> bool:
    if moment is None:
        return first is None and end is None
    return (first is None or first <= moment) and (end is None or moment < end)


@define
class Desk:
    """Change the rows of a fake queue, and remember what was asked."""

    queue: Queue
    asked: list[Any] = field(factory=list)
    error: Exception | None = None

    async def retry(self, ids: Sequence[str]) -> list[Delivery]:
        return self._move("retry", ids, DEAD_LETTERS, DeliveryState.WAITING)

    async def discard(self, ids: Sequence[str]) -> list[Delivery]:
        idle = DEAD_LETTERS | OPEN_STATES - {DeliveryState.DELIVERING}
        return self._move("discard", ids, idle, DeliveryState.DISCARDED)

    async def release(self, ids: Sequence[str]) -> list[Delivery]:
        held = frozenset({DeliveryState.HELD})
        return self._move("release", ids, held, DeliveryState.WAITING)

    def _move(
        self, verb: str, ids: Sequence[str], allowed: frozenset[DeliveryState], to: DeliveryState
    ) -> list[Delivery]:
        self.asked.append((verb, list(ids)))
        moved = []
        for place, row in enumerate(self.queue.rows):
            if row.id in ids and row.state in allowed:
                self.queue.rows[place] = evolve(row, state=to)
                moved.append(self.queue.rows[place])
        return moved

    async def replay(
        self, record: EventRecord, routes: Sequence[str] = (), *, dry_run: bool = False
    ) -> list[tuple[str, str | None]]:
        if self.error is not None:
            raise self.error
        self.asked.append(("replay", record.id, tuple(routes), dry_run))
        return [(route, None if dry_run else "dlv_new") for route in routes or ("to-desk",)]

    async def drain(self, session_key: str, limit: int | None) -> Any:
        self.asked.append(("drain", session_key, limit))
        return SimpleNamespace(events=[record(1).event], lease="lse_1", remaining=2, settled=0)

    async def acknowledge(self, session_key: str, lease: str | None) -> int:
        self.asked.append(("acknowledge", session_key, lease))
        return 1


@define
class LateTime:
    """A queue time that is an hour ahead of the wall clock."""

    def __call__(self) -> int:
        return NOW + 3_600_000

    def as_wall(self, moment: int) -> int:
        return moment - 3_600_000


@define
class Checkpoints:
    """Checkpoints by project and source."""

    kept: dict[tuple[str, str], str] = field(factory=dict)

    async def list(self, project: str) -> list[tuple[str, str, str]]:
        return [
            (source, checkpoint, "2026-01-31T08:00:00.000Z")
            for (name, source), checkpoint in sorted(self.kept.items())
            if name == project
        ]

    async def delete(self, project: str, source: str) -> bool:
        return self.kept.pop((project, source), None) is not None


def settings() -> Any:
    """Delivery settings of whatever is asked for: the defaults."""
    return SimpleNamespace(
        actors=defaultdict(lambda: DEFAULTS), routes=defaultdict(lambda: DEFAULTS)
    )


@define
class Shop:
    """A project."""

    name: str = "shop"
    state: str = "active"
    definition: Any = field(
        factory=lambda: SimpleNamespace(
            defaults=Defaults(), supervisor=SupervisorSettings(), loggers={}, routes={}
        )
    )
    settings: Any = field(factory=settings)
    started_at_ms: int = NOW - 5000
    routes_since_ms: int | None = NOW - 5000
    queue: Queue = field(factory=Queue)
    queue_time: LateTime = field(factory=LateTime)
    desk: Desk = field(init=False)
    sources: dict[str, Any] = field(factory=dict)
    actors: dict[str, Any] = field(factory=dict)
    routes: dict[str, Any] = field(factory=dict)
    door: Door = field(factory=Door)

    def __attrs_post_init__(self) -> None:
        self.desk = Desk(self.queue)

    @property
    def limits(self) -> LoopLimits:
        return LoopLimits()

    def standings(self, event: Event) -> Standings:
        return explain(self.definition.routes.values(), event)

    def accepts_from(self, source_id: str) -> bool:
        return source_id in self.sources or source_id in self.actors

    async def accept(
        self, source_id: str, drafts: Sequence[EventDraft], *, cause: Cause | None
    ) -> Accepted:
        return await self.door.accept(drafts, cause=cause)


@define
class FakeRuntime:
    """What `orgloop.http.view.Runtime` names."""

    runtime_id: str = "rt_1"
    pid: int = 4711
    phase: str = "ready"
    storage_ok: bool = True
    http_port: int = 4800
    home: Home = Home(Path(os.devnull).parent)
    supervision: Supervision | None = None
    projects: dict[str, Shop] = field(factory=dict)
    log: Log = field(factory=Log)
    checkpoints: Checkpoints = field(factory=Checkpoints)
    metrics: Metrics = field(factory=Metrics)
    observers: Observers = field(factory=lambda: Observers(Clock()))
    doors: list[Door] = field(factory=list)
    entries: list[LogEntry] = field(factory=list)
    running_loggers: dict[tuple[str, str], Any] = field(factory=dict)
    is_healthy: bool = True
    shutdowns: int = 0

    def health(self) -> str:
        return "ok" if self.is_healthy else "degraded"

    def loggers(self) -> dict[tuple[str, str], Any]:
        return self.running_loggers

    def uptime_ms(self) -> int:
        return 5000

    def now_ms(self) -> int:
        return NOW

    def request_shutdown(self) -> None:
        self.shutdowns += 1

    def webhook(self, source_id: str, project: str | None) -> Door | None:
        found = [
            door
            for door in self.doors
            if door.source_id == source_id and project in (None, door.project)
        ]
        return found[0] if len(found) == 1 else None

    def webhook_alias(self, path: str) -> Door | None:
        found = [door for door in self.doors if door.source.path == path]
        return found[0] if len(found) == 1 else None

    def observe(self, entry: LogEntry) -> None:
        self.entries.append(entry)

    async def run_in_thread(self, work: Any, argument: Any, /) -> Any:
        return work(argument)


def record(seq: int, *, project: str = "shop", **changes: Any) -> EventRecord:
    """Return a kept event; its id and times come from ``seq``."""
    source = changes.pop("source", "hook")
    event = Event(
        f"evt_{seq}",
        "2026-01-31T08:00:00.000Z",
        source,
        changes.pop("type", "resource.changed"),
        {"platform": "webhook", "platform_event": "ticket.opened"},
        {"number": seq},
        Origin("rt_1", project),
        changes.pop("trace_id", f"trc_{seq}"),
    )
    return EventRecord(
        seq,
        event.id,
        project,
        source,
        event.type,
        NOW + seq,
        event.trace_id or "",
        changes.pop("parent", None),
        changes.pop("depth", 1),
        event.to_bytes(),
    )


def row(seq: int, **changes: Any) -> Delivery:
    """Return a delivery of the event with that sequence number, delivered after 40 ms."""
    delivered = Delivery(
        f"dlv_{seq:x}x{seq:032x}",
        f"evt_{seq}",
        seq,
        "shop",
        "to-desk",
        "desk",
        DeliveryState.DELIVERED,
        1,
        NOW + seq,
        NOW + seq + 10,
        settled_at=NOW + seq + 40,
    )
    return evolve(delivered, **changes)
