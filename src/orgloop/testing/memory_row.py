"""One row of the books that `MemoryDeliveryQueue` keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import asdict, define, field

from orgloop.delivery import Delivery, DeliveryState
from orgloop.records import (
    Claim,
    DeliveryQuery,
    Matched,
    NewDelivery,
    Ready,
    Settlement,
    Step,
    Transformed,
)

_NOT_READY = Ready(order_key=None, due_at=0)
_UNSETTLED = (DeliveryState.MATCHED, DeliveryState.WAITING)


@define(eq=False)
class Row:
    """One delivery, or an event that has none."""

    number: int
    new: NewDelivery
    state: DeliveryState = field(init=False)
    ready: Ready = field(init=False)
    steps: Sequence[Step] = field(init=False)
    error: str | None = field(init=False)
    settled_at: int | None = field(init=False)
    due_at: int = field(init=False)
    """When it may go, once it is the head of its line."""
    attempts: int = 0
    tracking_id: str | None = None
    content: bytes | None = None
    process: tuple[int, str] | None = None
    history: dict[int, dict[str, Any]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._become(self.new, self.new.created_at)

    def transform(self, how: Transformed) -> None:
        """Take up what its transforms made of it."""
        self._become(how, how.now)

    def _become(self, made: NewDelivery | Transformed, now: int) -> None:
        self.state, self.steps, self.error = made.state, made.steps, made.error
        self.ready = made.ready or _NOT_READY
        self.due_at = self.ready.due_at
        self.settled_at = None if made.state in _UNSETTLED else now

    def begin(self) -> Claim:
        """Begin an attempt."""
        self.state = DeliveryState.DELIVERING
        self.attempts += 1
        return self.claim()

    def settle(self, how: Settlement) -> None:
        """End the attempt in flight."""
        self.state, self.error, self.process = how.state, how.error, None
        self.due_at = how.now if how.due_at is None else how.due_at
        self.settled_at = None if how.state in _UNSETTLED else how.now
        self.tracking_id = how.tracking_id or self.tracking_id
        self.history[self.attempts] = {
            "attempt": self.attempts,
            "started_at": how.started_at,
            "ended_at": how.now,
            "outcome": how.outcome,
            "error": how.error,
        }

    def release(self, now: int) -> None:
        """Forget the attempt in flight."""
        self.state, self.due_at, self.process = DeliveryState.WAITING, now, None
        self.attempts -= 1

    def matches(self, query: DeliveryQuery) -> bool:
        """Whether a query, its page aside, asks for this row."""
        new = self.new
        return (
            (not query.states or self.state in query.states)
            and (not query.actors or new.actor in query.actors)
            and (not query.routes or new.route in query.routes)
            and query.event_seq in (None, new.event_seq)
            and (query.created_from is None or new.created_at >= query.created_from)
            and (query.created_to is None or new.created_at < query.created_to)
        )

    # --- as others see it

    def matched(self) -> Matched:
        return Matched(
            row=self.number,
            id=self.new.id,
            event_id=self.new.event_id,
            event_seq=self.new.event_seq,
            route=self.new.route or "",
            actor=self.new.actor or "",
            accepted_at=self.new.accepted_at,
            replay=self.new.replay,
        )

    def claim(self) -> Claim:
        pid, started = self.process or (None, None)
        return Claim(
            row=self.number,
            id=self.new.id,
            event_id=self.new.event_id,
            event_seq=self.new.event_seq,
            route=self.new.route or "",
            actor=self.new.actor or "",
            attempt=self.attempts,
            accepted_at=self.new.accepted_at,
            created_at=self.new.created_at,
            order_key=self.ready.order_key,
            body=self.ready.body,
            config=self.ready.config,
            prompt=self.ready.prompt,
            content=self.content,
            replay=self.new.replay,
            pid=pid,
            process_started=started,
        )

    def delivery(self, project: str, *, may_go: bool) -> Delivery:
        return Delivery(
            self.new.id,
            self.new.event_id,
            self.new.event_seq,
            project,
            self.new.route,
            self.new.actor,
            self.state,
            self.attempts,
            self.new.accepted_at,
            self.new.created_at,
            self.due_at if may_go else None,
            self.settled_at,
            self.ready.order_key,
            self.error,
            self.tracking_id,
            self.new.replay,
        )

    def story(self) -> dict[str, Any]:
        """Return what `IDeliveryQueue.history` does."""
        attempts = [self.history[attempt] for attempt in sorted(self.history)]
        return {"steps": [asdict(step) for step in self.steps], "attempts": attempts}
