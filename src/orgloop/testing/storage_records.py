"""Make what goes into the event log and the queue."""

from __future__ import annotations

from orgloop.delivery import DeliveryState
from orgloop.event import Event, Origin
from orgloop.identity import delivery_id, trace_id_of
from orgloop.records import Claim, NewDelivery, NewEvent, Ready, RoutedBatch, Settlement

PROJECT = "project"


def new_event(
    number: int,
    *,
    project: str = PROJECT,
    source: str = "source",
    trace_id: str | None = None,
    parent: str | None = None,
    depth: int = 1,
    accepted_at: int | None = None,
    tracking_id: str | None = None,
) -> NewEvent:
    """Return an event whose id says ``number``, accepted at that millisecond unless told."""
    event_id = event_id_of(number)
    event = Event(
        event_id,
        "2026-01-31T08:15:00Z",
        source,
        "resource.changed",
        {"platform": "test", **({"tracking_id": tracking_id} if tracking_id else {})},
        {"number": number},
        Origin("runtime", project),
        trace_id or trace_id_of(event_id),
    )
    at = number if accepted_at is None else accepted_at
    return NewEvent(event, event.to_bytes(), at, parent, depth)


def event_id_of(number: int) -> str:
    """Return the id that `new_event` gives."""
    return f"evt_{number:032x}"


def new_delivery(
    event_seq: int,
    *,
    route: str = "route",
    actor: str = "actor",
    state: DeliveryState = DeliveryState.WAITING,
    order_key: str | None = None,
    due_at: int = 0,
    created_at: int | None = None,
    ready: Ready | None = None,
) -> NewDelivery:
    """Return a row for the queue; a ``waiting`` one is ready to go."""
    event_id = event_id_of(event_seq)
    if ready is None and state is DeliveryState.WAITING:
        ready = Ready(order_key=order_key, due_at=due_at)
    return NewDelivery(
        id=delivery_id(PROJECT, event_id, event_seq, route, 0),
        event_id=event_id,
        event_seq=event_seq,
        route=route,
        actor=actor,
        state=state,
        accepted_at=event_seq,
        created_at=event_seq if created_at is None else created_at,
        ready=ready,
    )


def unrouted(event_seq: int, state: DeliveryState = DeliveryState.UNMATCHED) -> NewDelivery:
    """Return the row of an event that has no delivery."""
    event_id = event_id_of(event_seq)
    return NewDelivery(
        id=delivery_id(PROJECT, event_id, event_seq, "", 0),
        event_id=event_id,
        event_seq=event_seq,
        route=None,
        actor=None,
        state=state,
        accepted_at=event_seq,
        created_at=event_seq,
    )


def batch(*rows: NewDelivery) -> RoutedBatch:
    """Return rows as one stretch of the log, its cursor at the last event."""
    return RoutedBatch(cursor=max(row.event_seq for row in rows), rows=rows)


def settlement(
    claim: Claim,
    state: DeliveryState = DeliveryState.DELIVERED,
    *,
    now: int = 0,
    due_at: int | None = None,
    error: str | None = None,
) -> Settlement:
    """Return the end of a claim's attempt."""
    outcome = "error" if state is DeliveryState.WAITING else str(state)
    return Settlement(
        row=claim.row,
        state=state,
        now=now,
        started_at=now,
        outcome=outcome,
        due_at=due_at,
        error=error,
    )
