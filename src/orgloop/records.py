"""What goes into the event log and the queue, and what comes out.

Times are milliseconds since the Unix epoch.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import field, frozen, mutable

from orgloop.delivery import DeliveryState, Prompt
from orgloop.event import Event

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
    _event: Event | None = field(default=None, repr=False, eq=False)

    @property
    def event(self) -> Event:
        if self._event is None:
            self._event = Event.from_bytes(self.body)
        return self._event


@frozen(kw_only=True)
class EventQuery:
    """Which events to list; `None` or empty restricts nothing. ``before_seq`` is the cursor."""

    project: str | None = None
    sources: Sequence[str] = ()
    types: Sequence[str] = ()
    trace_id: str | None = None
    accepted_from: int | None = None
    accepted_to: int | None = None
    before_seq: int | None = None
    limit: int = 100


# --- queue --------------------------------------------------------------------------------------


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
class Ready:
    """What an attempt will send, fixed when a row becomes ``waiting``.

    ``body`` is the event as the transforms left it, `None` if it is as it is in the log.
    """

    order_key: str | None
    due_at: int
    body: bytes | None = None
    config: bytes = b"{}"
    """The route's ``then.config`` with its templates filled, JSON."""
    prompt: Prompt | None = None


@frozen(kw_only=True)
class NewDelivery:
    """One row to be added: a matched route, or an event that has none (``UNROUTED`` states).

    ``ready`` is given with state ``waiting``, ``error`` (the reason) with ``dropped`` and ``dead``.
    """

    id: str
    event_id: str
    event_seq: int
    route: str | None
    actor: str | None
    state: DeliveryState
    accepted_at: int
    created_at: int
    replay: int = 0
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


@frozen(kw_only=True)
class Transformed:
    """How the transforms of one ``matched`` row ended: ``waiting``, ``dropped`` or ``dead``."""

    row: int
    state: DeliveryState
    now: int
    ready: Ready | None = None
    steps: Sequence[Step] = ()
    error: str | None = None
    memory: Sequence[MemoryWrite] = ()


@frozen(kw_only=True)
class Claim:
    """A row whose attempt may begin."""

    row: int
    id: str
    event_id: str
    event_seq: int
    route: str
    actor: str
    attempt: int
    """Counted from 1, this one included."""
    accepted_at: int
    created_at: int
    order_key: str | None = None
    body: bytes | None = None
    config: bytes = b"{}"
    prompt: Prompt | None = None
    content: bytes | None = None
    replay: int = 0
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


@frozen(kw_only=True)
class DeliveryQuery:
    """Which deliveries to list; empty is no restriction. ``before`` is the page's cursor."""

    states: Sequence[str] = ()
    actors: Sequence[str] = ()
    routes: Sequence[str] = ()
    event_seq: int | None = None
    created_from: int | None = None
    created_to: int | None = None
    before: str | None = None
    """The id of the last delivery of the page before."""
    limit: int = 100
