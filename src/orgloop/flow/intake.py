"""Take events in: check them, name them, tie them to what caused them, keep them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from attrs import Factory, define, evolve, frozen

from orgloop.errors import InvalidEvent, InvalidValue
from orgloop.event import (
    EVENT_TYPES,
    Cause,
    Event,
    EventDraft,
    Origin,
    content_problems,
    normal_timestamp,
)
from orgloop.flow.counting import Counting
from orgloop.flow.intake_bound import IntakeBound
from orgloop.flow.tell import Tell
from orgloop.flow.ties import Ties
from orgloop.identity import EVENT_ID, derived_event_id, random_event_id, trace_id_of
from orgloop.interfaces import IEventLog
from orgloop.records import Appended, EventRecord, NewEvent
from orgloop.times import to_iso


@frozen
class Acceptance:
    """What became of the drafts offered together: they are durable now."""

    event_ids: list[str]
    created: int
    """How many of them are new."""

    @property
    def duplicate(self) -> bool:
        """Whether there was something, and all of it was known already."""
        return self.created == 0 and bool(self.event_ids)


@frozen
class _Ancestry:
    """An event's place in its chain; the root has no trace of its own yet."""

    trace_id: str | None = None
    parent: str | None = None
    depth: int = 1

    @classmethod
    def below(cls, record: EventRecord) -> _Ancestry:
        return cls(record.trace_id, record.id, record.depth + 1)


_ROOT = _Ancestry()


@define(eq=False)
class Intake:
    """The door of one project. Whatever reports events comes through here."""

    origin: Origin
    log: IEventLog
    now_ms: Callable[[], int]
    tell: Tell
    counting: Counting
    ties: Ties
    bound: IntakeBound = Factory(IntakeBound)
    """Shared by the projects of a runtime."""

    async def accept(
        self, source: str, drafts: Sequence[EventDraft], *, cause: Cause | None = None
    ) -> Acceptance:
        """Keep what ``source`` reports and return once it is durable.

        ``cause`` is what the reporter carried back (`Cause.parse`); one that this project does not
        know is ignored. Raises `InvalidEvent`, `Overloaded` and `StorageUnavailable`; nothing was
        kept then.
        """
        ancestry = _ROOT if cause is None else await self._ancestry(cause)
        return await self._keep(source, drafts, ancestry)

    async def accept_effects(
        self, actor: str, drafts: Sequence[EventDraft], parent: EventRecord | None
    ) -> Acceptance:
        """Keep what a delivery of ``parent`` gave rise to; `None`: the log has lost that event.

        Never raises `Overloaded`.
        """
        ancestry = _ROOT if parent is None else _Ancestry.below(parent)
        return await self._keep(actor, drafts, ancestry, must_pass=True)

    async def _ancestry(self, cause: Cause) -> _Ancestry:
        record = await self.log.get(self.origin.project, cause.event_id)
        if record is None or cause.trace_id not in _traces_of(record):
            return _ROOT
        return _Ancestry.below(record)

    async def _keep(
        self,
        source: str,
        drafts: Sequence[EventDraft],
        ancestry: _Ancestry,
        *,
        must_pass: bool = False,
    ) -> Acceptance:
        if not drafts:
            return Acceptance([], 0)
        now = self.now_ms()
        entries = [self._entry(source, draft, ancestry, now) for draft in drafts]
        began = perf_counter()
        size = sum(len(entry.body) for entry in entries)
        with self.bound.room_for(len(entries), size, must_pass=must_pass):
            if ancestry is _ROOT:
                entries = [await self._tied(entry) for entry in entries]
            appended = await self.log.append(entries)
        self.ties.appended(entries, are_effects=must_pass)
        self.counting.log_commit_seconds(perf_counter() - began)
        created = 0
        for entry, kept in zip(entries, appended, strict=True):
            created += not kept.duplicate
            self._report(entry, kept)
        return Acceptance([kept.event_id for kept in appended], created)

    async def _tied(self, entry: NewEvent) -> NewEvent:
        """Return an event without a cause behind the one that its tracking id leads to, if any."""
        parent = await self.ties.parent_of(entry.event)
        if parent is None:
            return entry
        event = evolve(entry.event, trace_id=parent.trace_id)
        return evolve(
            entry, event=event, body=event.to_bytes(), parent=parent.id, depth=parent.depth + 1
        )

    def _entry(self, source: str, draft: EventDraft, ancestry: _Ancestry, now: int) -> NewEvent:
        _check_names(draft)
        event_id = draft.id or self._identity(source, draft, now)
        event = Event(
            event_id,
            _timestamp(draft, now),
            source,
            draft.type,
            draft.provenance,
            draft.payload,
            self.origin,
            ancestry.trace_id or trace_id_of(event_id),
        )
        _check(event)
        return NewEvent(event, event.to_bytes(), now, ancestry.parent, ancestry.depth)

    def _identity(self, source: str, draft: EventDraft, now: int) -> str:
        if draft.key is None:
            return random_event_id(now)
        return derived_event_id(self.origin.project, source, draft.platform, draft.key)

    def _report(self, entry: NewEvent, kept: Appended) -> None:
        event = entry.event
        if kept.duplicate:
            self.counting.event_duplicate(event.source)
        else:
            self.counting.event_accepted(event.source, event.type)
        self.tell(
            "source.duplicate" if kept.duplicate else "source.emit",
            event_id=event.id,
            trace_id=event.trace_id,
            source=event.source,
            event_type=event.type,
        )


def _traces_of(record: EventRecord) -> set[str | None]:
    """Return the traces an event is known in: that of now, and where it was before it was tied."""
    if record.is_damaged:
        return {record.trace_id}
    return {record.trace_id, Event.from_bytes(record.body).trace_id}


def _check_names(draft: EventDraft) -> None:
    """Raise `InvalidEvent` for a draft of which no identity can be made."""
    if not isinstance(draft.provenance, dict):
        raise InvalidEvent(["provenance: an object with at least the string platform"])
    for name in ("id", "key", "timestamp"):
        if not isinstance(getattr(draft, name), str | None):
            raise InvalidEvent([f"{name}: text, or nothing"])


def _timestamp(draft: EventDraft, now: int) -> str:
    if draft.timestamp is None:
        return to_iso(now)
    try:
        return normal_timestamp(draft.timestamp)
    except (InvalidValue, OverflowError) as error:
        raise InvalidEvent([f"timestamp: {error}"]) from error


def _check(event: Event) -> None:
    """Raise `InvalidEvent` for what a source must not report; quick for what is right."""
    provenance = event.provenance
    if (
        isinstance(provenance.get("platform"), str)
        and isinstance(event.type, str)
        and event.type in EVENT_TYPES
        and (event.payload is None or isinstance(event.payload, dict))
        and EVENT_ID.fullmatch(event.id)
    ):
        return
    problems = content_problems(
        {"type": event.type, "provenance": provenance, "payload": event.payload}
    )
    raise InvalidEvent(problems or ["id: evt_ followed by at most 196 letters and digits"])
