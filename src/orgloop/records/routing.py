"""What the queue is given as events are routed and pass their transforms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from orgloop.delivery import DeliveryState, Prompt
from orgloop.dotpath import MISSING


@frozen(kw_only=True)
class MemoryWrite:
    """Something a transform remembers: scope is its route and its position there."""

    scope: str
    key: str
    value: str
    expires_at: int


Recalled = dict[tuple[str, str], str]


@frozen(kw_only=True)
class Change:
    """One place in an event at which a transform has changed it; values in brief.

    `MISSING` stands for what was not there before, or is not there any more.
    """

    path: str
    before: Any = MISSING
    after: Any = MISSING

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept and shown: what is missing has no key."""
        document: dict[str, Any] = {"path": self.path}
        if self.before is not MISSING:
            document["before"] = self.before
        if self.after is not MISSING:
            document["after"] = self.after
        return document


@frozen(kw_only=True)
class Step:
    """One transform's verdict on one event."""

    transform: str
    verdict: str
    """``pass``, ``change``, ``drop``, ``error``, ``error_drop``, ``error_halt``."""
    duration_ms: float
    detail: str | None = None
    """Why it dropped or what went wrong."""
    changes: Sequence[Change] = ()
    """What it changed, with the verdict ``change``."""
    changes_omitted: int = 0
    """How many more changes there are."""

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept and shown; a step that changed nothing has no ``changes``."""
        document: dict[str, Any] = {
            "transform": self.transform,
            "verdict": self.verdict,
            "duration_ms": self.duration_ms,
            "detail": self.detail,
        }
        if self.changes or self.changes_omitted:
            document["changes"] = [change.to_json() for change in self.changes]
            document["changes_omitted"] = self.changes_omitted
        return document


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
