"""The delivery: one event on its way along one route to one actor, and how it ends."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Sequence

from attrs import field, frozen

from orgloop.event import Cause, Event, EventDraft, JSONObject


class DeliveryState(enum.StrEnum):
    """The states of a delivery; the same words in the database, over HTTP and in metrics."""

    # open
    MATCHED = "matched"
    """The router chose this route; transforms have not finished."""
    WAITING = "waiting"
    """Ready for the actor, or due later (retry, debounce, rate)."""
    DELIVERING = "delivering"
    """An attempt is in flight."""
    HELD = "held"
    """Parked by a guard until a person releases or discards it."""
    INBOX = "inbox"
    """Waits in a session's inbox."""
    # settled
    DELIVERED = "delivered"
    """The actor took it."""
    DROPPED = "dropped"
    """A transform dropped it."""
    REJECTED = "rejected"
    """The actor said no for good. A dead letter."""
    DEAD = "dead"
    """Retries exhausted, overflow, retention, or a transform that halts. A dead letter."""
    MERGED = "merged"
    """Debounced away or member of a batch; ``into`` names the delivery that carries it."""
    SKIPPED = "skipped"
    """The actor says it is not meant for it."""
    DISCARDED = "discarded"
    """A person threw it away."""
    # an event that has no delivery
    UNMATCHED = "unmatched"
    """No route wanted the event."""
    CUT = "cut"
    """The loop guard did not route the event."""


OPEN_STATES = frozenset(
    {
        DeliveryState.MATCHED,
        DeliveryState.WAITING,
        DeliveryState.DELIVERING,
        DeliveryState.HELD,
        DeliveryState.INBOX,
    }
)
DEAD_LETTERS = frozenset({DeliveryState.DEAD, DeliveryState.REJECTED})
UNROUTED = frozenset({DeliveryState.UNMATCHED, DeliveryState.CUT})


@frozen
class Prompt:
    """A launch prompt as it was read for one delivery: the same on every attempt."""

    file: str
    """The path as the project writes it."""
    text: str
    """The Markdown without its front matter."""
    meta: JSONObject
    """The front matter, ``{}`` if there is none."""
    digest: str
    """SHA-256 of the file's bytes, in hexadecimal."""


async def _nothing(pid: int, started: str) -> None:
    """Note no process: what a delivery made outside a runtime does."""


@frozen
class Dispatch:
    """What a lane hands to an actor for one attempt.

    Everything but ``attempt`` and ``timeout_seconds`` is the same on every attempt of one delivery.
    """

    id: str
    """The idempotency key: the same on every attempt, different for every delivery."""
    project: str
    route: str
    actor: str
    events: Sequence[Event]
    """One event, or the members of a batch in order of acceptance."""
    attempt: int
    """Counted from 1."""
    config: JSONObject = field(factory=dict)
    """The route's ``then.config`` with its templates filled."""
    prompt: Prompt | None = None
    content: bytes | None = None
    """What `IPreparingActor.prepare` made before the first attempt."""
    is_batch: bool = False
    is_replay: bool = False
    timeout_seconds: float = 30.0
    """How long the attempt may take: after that it is cancelled, and counts as an error."""
    note_process: Callable[[int, str], Awaitable[None]] = field(default=_nothing, repr=False)
    """Keep a child's PID and start time with the delivery, before the child does anything.

    After a crash of the runtime the child is ended before the delivery is made again.
    """

    @property
    def event(self) -> Event:
        """The event, or the last of a batch."""
        return self.events[-1]

    @property
    def cause(self) -> Cause:
        """What an effect of this delivery carries back, to continue the chain."""
        return Cause(self.event.trace_id or "", self.event.id)

    def document(self) -> JSONObject:
        """Return ``{"event": …, "launch_prompt": …}``, or ``{"events": […], …}`` for a batch."""
        body: JSONObject = (
            {"events": [event.to_json() for event in self.events]}
            if self.is_batch
            else {"event": self.event.to_json()}
        )
        if self.prompt is not None:
            body["launch_prompt"] = self.prompt.text
            body["launch_prompt_file"] = self.prompt.file
            body["launch_prompt_meta"] = self.prompt.meta
        return body


class Outcome(enum.StrEnum):
    """How an actor answers one attempt."""

    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    ERROR = "error"


@frozen
class DeliveryResult:
    """An actor's answer to one attempt; made by the class methods below."""

    outcome: Outcome
    reason: str | None = None
    """Why, for people; never holds a secret. Required for everything that did not succeed."""
    tracking_id: str | None = None
    """What the actor calls the work it took on; a later ``actor.stopped`` carries it back."""
    retry_after_seconds: float | None = None
    """How long the actor asks to be left alone (``Retry-After``): holds its whole lane."""
    effects: tuple[EventDraft, ...] = ()
    """Events this attempt gave rise to; kept before the delivery is settled."""

    @classmethod
    def delivered(cls, *effects: EventDraft) -> DeliveryResult:
        """The actor took the event and is done with it."""
        return cls(Outcome.DELIVERED, effects=effects)

    @classmethod
    def accepted(cls, tracking_id: str, *effects: EventDraft) -> DeliveryResult:
        """The actor took the event and works on it, under ``tracking_id``."""
        return cls(Outcome.ACCEPTED, tracking_id=tracking_id, effects=effects)

    @classmethod
    def rejected(cls, reason: str, *effects: EventDraft) -> DeliveryResult:
        """The actor will never take this event; it becomes a dead letter and is not retried."""
        return cls(Outcome.REJECTED, reason, effects=effects)

    @classmethod
    def skipped(cls, reason: str) -> DeliveryResult:
        """The event is not meant for this actor; that is no failure."""
        return cls(Outcome.SKIPPED, reason)

    @classmethod
    def error(
        cls, reason: str, *effects: EventDraft, retry_after_seconds: float | None = None
    ) -> DeliveryResult:
        """The attempt failed and may succeed later; it is retried."""
        return cls(Outcome.ERROR, reason, None, retry_after_seconds, effects)


@frozen
class Delivery:
    """One row of the books, as the API and the command line show it.

    Times are milliseconds since the Unix epoch. ``route`` and ``actor`` are `None` in the row of an
    event that has no delivery (`UNROUTED`).
    """

    id: str
    event_id: str
    event_seq: int
    project: str
    route: str | None
    actor: str | None
    state: DeliveryState
    attempts: int
    accepted_at: int
    created_at: int
    due_at: int | None = None
    settled_at: int | None = None
    order_key: str | None = None
    error: str | None = None
    tracking_id: str | None = None
    replay: int = 0
    """Which time it is that the event goes through its route again; 0 is the first way."""
    into: str | None = None
    """Of a ``merged`` one: the delivery that carries it."""
    is_batch: bool = False
    session_key: str | None = None
    prompt_file: str | None = None
    prompt_digest: str | None = None
