"""A runtime as the HTTP server sees it, made of what a test puts in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from attrs import define, evolve, field
from twisted.internet.defer import Deferred
from zope.interface import implementer

from orgloop.config.model import Defaults
from orgloop.delivery import Delivery, DeliveryState
from orgloop.event import Cause, Event, EventDraft, Origin
from orgloop.interfaces import IWebhookSource
from orgloop.logentry import LogEntry
from orgloop.records import DeliveryQuery, EventQuery, EventRecord
from orgloop.reports import WebhookRequest, WebhookResult
from orgloop.runtime.metrics import Metrics

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

    async def get(self, project: str, event_id: str) -> EventRecord | None:
        found = [one for one in self.records if (one.project, one.id) == (project, event_id)]
        return found[0] if found else None

    async def effects_of(self, project: str, event_id: str) -> list[EventRecord]:
        return [one for one in self.records if (one.project, one.parent) == (project, event_id)]

    async def query(self, query: EventQuery) -> list[EventRecord]:
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
        return found[: query.limit]


@define
class Queue:
    """The reading side of a queue, from a list in order of creation."""

    rows: list[Delivery] = field(factory=list)
    histories: dict[str, dict[str, Any]] = field(factory=dict)
    number: dict[tuple[str | None, str | None, str], int] = field(factory=dict)

    def counts(self) -> Mapping[tuple[str | None, str | None, str], int]:
        return self.number

    async def for_events(self, seqs: Sequence[int]) -> dict[int, list[Delivery]]:
        found: dict[int, list[Delivery]] = {}
        for row in self.rows:
            if row.event_seq in seqs:
                found.setdefault(row.event_seq, []).append(row)
        return found

    async def query(self, query: DeliveryQuery) -> list[Delivery]:
        rows = list(reversed(self.rows))
        if query.before is not None:
            rows = rows[[row.id for row in rows].index(query.before) + 1 :]
        found = [
            row
            for row in rows
            if (not query.states or row.state in query.states)
            and (not query.actors or row.actor in query.actors)
            and (query.event_seq in (None, row.event_seq))
        ]
        return found[: query.limit]

    async def history(self, delivery_id: str) -> dict[str, Any]:
        return self.histories.get(delivery_id, {"steps": [], "attempts": []})


@define
class Shop:
    """A project."""

    name: str = "shop"
    state: str = "active"
    definition: Any = field(factory=lambda: SimpleNamespace(defaults=Defaults()))
    started_at_ms: int = NOW - 5000
    queue: Queue = field(factory=Queue)
    sources: dict[str, Any] = field(factory=dict)
    actors: dict[str, Any] = field(factory=dict)
    routes: dict[str, Any] = field(factory=dict)
    door: Door = field(factory=Door)

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
    projects: dict[str, Shop] = field(factory=dict)
    log: Log = field(factory=Log)
    metrics: Metrics = field(factory=Metrics)
    doors: list[Door] = field(factory=list)
    entries: list[LogEntry] = field(factory=list)
    is_healthy: bool = True
    shutdowns: int = 0

    def health(self) -> str:
        return "ok" if self.is_healthy else "degraded"

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
