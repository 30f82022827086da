"""What lies in the inboxes of sessions, and what is handed out of them."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from orgloop.delivery import Delivery
from orgloop.records.attempts import Claim


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
