"""What the queue is given as events are routed and pass their transforms."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from orgloop.delivery import DeliveryState, Prompt


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
