"""What the queue hands out for delivery, and what it is told of how that went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from orgloop.delivery import Delivery, DeliveryState, Prompt


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
