"""What goes into the event log and the queue, and what comes out.

Times are milliseconds since the Unix epoch. Moments at which something falls due (``due_at``,
``deadline``, ``expires_at``, and what they are compared with) are *queue time*: it begins as wall
clock and never jumps while a runtime runs, nor goes back from one run to the next. Between two runs
it goes on by what the wall clock says has passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import evolve, field, frozen, mutable

from orgloop.delivery import Delivery, DeliveryState, Prompt
from orgloop.errors import DamagedEvent
from orgloop.event import Event


def tracking_id_of(event: Event) -> str | None:
    """Return the tracking id that an event carries in its provenance, if it is usable text."""
    tracking_id = event.provenance.get("tracking_id")
    return tracking_id if isinstance(tracking_id, str) and tracking_id else None


# --- event log ----------------------------------------------------------------------------------


@frozen
class NewEvent:
    """An event to be kept, with what only the runtime knows of it."""

    event: Event
    body: bytes
    """``event.to_bytes()``."""
    accepted_at: int
    parent: str | None = None
    """The id of the event that caused it."""
    depth: int = 1
    """Its place in the chain; the root is 1."""

    @property
    def project(self) -> str:
        assert self.event.origin is not None
        return self.event.origin.project

    @property
    def tracking_id(self) -> str | None:
        """What ties it to the delivery that an actor took on under the same name."""
        return tracking_id_of(self.event)


@frozen
class Appended:
    """What became of one appended event."""

    seq: int
    event_id: str
    duplicate: bool


@mutable
class EventRecord:
    """An event as the log holds it. ``event`` is parsed when first asked for."""

    seq: int
    id: str
    project: str
    source: str
    type: str
    accepted_at: int
    trace_id: str
    parent: str | None
    depth: int
    body: bytes
    tracking_id: str | None = None
    is_damaged: bool = False
    """Whether ``body`` is not what was written: the disk, or somebody, has changed it since."""
    _accepted: Event | None = field(default=None, repr=False, eq=False)
    _tied: Event | None = field(default=None, repr=False, eq=False)

    @property
    def event(self) -> Event:
        """The event; in the trace that it was tied to since, if that was not known at once.

        Raises `DamagedEvent` if it cannot be told any more.
        """
        accepted = self.accepted
        if accepted.trace_id == self.trace_id:
            return accepted
        if self._tied is None or self._tied.trace_id != self.trace_id:
            self._tied = evolve(accepted, trace_id=self.trace_id)
        return self._tied

    @property
    def accepted(self) -> Event:
        """The event as it was accepted: the same for ever, as what is sent again must be.

        Raises as `event` does.
        """
        if self.is_damaged:
            raise DamagedEvent(
                f"event {self.id} (number {self.seq} in the event log) is damaged: its checksum "
                "does not match; `orgloop data check` says what else is"
            )
        if self._accepted is None:
            self._accepted = Event.from_bytes(self.body)
        return self._accepted


@frozen(kw_only=True)
class EventQuery:
    """Which events to list; `None` or empty restricts nothing.

    ``before_seq`` is the cursor, with ``oldest_first`` it is ``after_seq``.
    """

    project: str | None = None
    sources: Sequence[str] = ()
    types: Sequence[str] = ()
    trace_id: str | None = None
    accepted_from: int | None = None
    accepted_to: int | None = None
    before_seq: int | None = None
    after_seq: int | None = None
    limit: int = 100
    oldest_first: bool = False


# --- queue --------------------------------------------------------------------------------------


@frozen
class NotedTime:
    """A moment in queue time, and what the wall clock showed then."""

    queue_ms: int
    wall_ms: int


@frozen(kw_only=True)
class MemoryWrite:
    """Something a transform remembers: scope is its route and its position there."""

    scope: str
    key: str
    value: str
    expires_at: int


Recalled = dict[tuple[str, str], str]


@frozen(kw_only=True)
class Step:
    """One transform's verdict on one event."""

    transform: str
    verdict: str
    """``pass``, ``change``, ``drop``, ``error``, ``error_drop``, ``error_halt``."""
    duration_ms: float
    detail: str | None = None
    """Why it dropped or what went wrong."""


@frozen(kw_only=True)
class Debounce:
    """Only the last row of a group goes out: after a quiet time, at the latest after ``max_ms``."""

    quiet_ms: int
    max_ms: int
    version: int | None = None
    """Which row is the last where they may come out of order: one of a lower version never is."""


@frozen(kw_only=True)
class Batch:
    """The rows of a group go out together: when there are ``max``, or the first is this old."""

    max: int
    every_ms: int


@frozen(kw_only=True)
class Gather:
    """The group of one route that a row joins while it waits."""

    key: str
    """Groups of different keys know nothing of each other."""
    how: Debounce | Batch


@frozen(kw_only=True)
class Ready:
    """What an attempt will send, fixed when a row leaves its transforms.

    ``body`` is the event as the transforms left it, `None` if it is as it is in the log.
    """

    order_key: str | None
    due_at: int
    """The current queue time, for a row that may go at once."""
    body: bytes | None = None
    config: bytes = b"{}"
    """The route's ``then.config`` with its templates filled, JSON."""
    prompt: Prompt | None = None
    gate: str | None = None
    """Its route's name if that has a ``max_rate`` of its own: such rows are claimed by gate."""
    gather: Gather | None = None
    session_key: str | None = None
    """The inbox that takes it in; the row's state is ``inbox``, or ``held`` and ``inbox`` later."""
    expires_at: int | None = None
    """When it is dead if it still lies in an inbox."""


@frozen(kw_only=True)
class NewDelivery:
    """One row to be added: a matched route, or an event that has none (``UNROUTED`` states).

    ``ready`` is given with ``waiting``, ``held`` and ``inbox``, ``error`` (the reason) with
    ``dropped``, ``dead`` and ``held``.
    """

    id: str
    event_id: str
    event_seq: int
    route: str | None
    actor: str | None
    state: DeliveryState
    accepted_at: int
    created_at: int
    ready: Ready | None = None
    steps: Sequence[Step] = ()
    error: str | None = None


@frozen(kw_only=True)
class RoutedBatch:
    """A stretch of the log, routed: its rows, what transforms remember, the new cursor."""

    cursor: int
    rows: Sequence[NewDelivery]
    memory: Sequence[MemoryWrite] = ()


@frozen(kw_only=True)
class Matched:
    """A row that waits for its transforms."""

    row: int
    id: str
    event_id: str
    event_seq: int
    route: str
    actor: str
    accepted_at: int
    replay: int
    is_again: bool
    """A replay, or a dead letter that is tried again: what transforms remember is left alone."""


@frozen(kw_only=True)
class Transformed:
    """How the transforms of one ``matched`` row ended; see `NewDelivery` for the states."""

    row: int
    state: DeliveryState
    now: int
    ready: Ready | None = None
    steps: Sequence[Step] = ()
    error: str | None = None
    memory: Sequence[MemoryWrite] = ()


@frozen(kw_only=True)
class Again:
    """An event that goes through a route once more: a delivery of its own."""

    event_id: str
    event_seq: int
    route: str
    actor: str
    accepted_at: int
    created_at: int


@frozen(kw_only=True)
class Member:
    """One event of a claimed delivery; ``body`` as in `Ready`."""

    event_id: str
    event_seq: int
    body: bytes | None = None


@frozen(kw_only=True)
class Claim:
    """A row whose attempt may begin, or one that was handed out of an inbox.

    Of a batch, everything but ``id`` and ``members`` is that of its last member.
    """

    row: int
    id: str
    event_id: str
    event_seq: int
    route: str
    actor: str
    attempt: int
    """Counted from 1, this one included, over the whole life of the delivery."""
    accepted_at: int
    created_at: int
    spent: int = 0
    """Attempts, this one included, since the delivery was new or a person retried it."""
    order_key: str | None = None
    body: bytes | None = None
    config: bytes = b"{}"
    prompt: Prompt | None = None
    content: bytes | None = None
    replay: int = 0
    members: Sequence[Member] = ()
    """The events of a batch, in order; empty for a delivery of one event."""
    pid: int | None = None
    process_started: str | None = None


@frozen(kw_only=True)
class Settlement:
    """How an attempt ended. With state ``waiting``, ``due_at`` says when the next may begin."""

    row: int
    state: DeliveryState
    now: int
    started_at: int
    outcome: str
    due_at: int | None = None
    error: str | None = None
    tracking_id: str | None = None
    deadline: int | None = None
    """Until when a stop of what the actor took on is expected; see `IDeliveryQueue.overdue`."""


@frozen(kw_only=True)
class Overflow:
    """A waiting delivery that became a dead letter because too many wait for its actor."""

    delivery: Delivery
    waiting: int
    """How many wait now."""


@frozen(kw_only=True)
class Overdue:
    """A row whose ``deadline`` has passed."""

    delivery: Delivery
    kind: Literal["stop", "lease", "inbox"]
    """No stop was seen; a lease ended; it has lain in its inbox for too long."""


@frozen(kw_only=True)
class Inbox:
    """What one session has in its inbox."""

    session_key: str
    pending: int
    """Not leased."""
    leased: int
    oldest_at: int | None
    """When the oldest pending event was accepted."""
    oldest_seq: int | None = None
    """The place of that event in the log."""
    route: str
    actor: str
    """Of the newest event: who is notified."""
    generation: int
    """Another number whenever a new notification may be sent, and never one of before."""
    is_notified: bool
    """Whether one was sent in this generation."""


@frozen(kw_only=True)
class Drained:
    """What was handed out of an inbox, under a lease."""

    claims: Sequence[Claim]
    remaining: int
    settled: Sequence[Delivery] = ()
    """What the lease before had handed out: it is delivered."""


@frozen(kw_only=True)
class DeliveryQuery:
    """Which deliveries to list; empty is no restriction. ``before`` is the page's cursor."""

    ids: Sequence[str] = ()
    states: Sequence[str] = ()
    actors: Sequence[str] = ()
    routes: Sequence[str] = ()
    event_seq: int | None = None
    created_from: int | None = None
    created_to: int | None = None
    settled_from: int | None = None
    settled_to: int | None = None
    reason: str | None = None
    """Part of the error, whatever its case."""
    before: str | None = None
    """The id of the last delivery of the page before."""
    limit: int = 100
    oldest_first: bool = False
