"""Make events, drafts and dispatches to test with; every field has a sensible value of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from orgloop.delivery import Dispatch, Prompt
from orgloop.event import Event, EventDraft, EventType, JSONObject, Origin
from orgloop.identity import trace_id_of

_numbers = count(1)


def make_event(
    *,
    id: str | None = None,
    source: str = "source",
    type: EventType = "resource.changed",
    timestamp: str = "2026-01-31T08:15:00Z",
    platform: str = "test",
    provenance: Mapping[str, Any] | None = None,
    payload: JSONObject | None = None,
    project: str = "project",
) -> Event:
    """Return an event as it is after intake. Each call without ``id`` makes another one."""
    event_id = id or f"evt_test{next(_numbers):08d}"
    return Event(
        event_id,
        timestamp,
        source,
        type,
        {"platform": platform, **(provenance or {})},
        {"number": 42} if payload is None else payload,
        Origin("runtime", project),
        trace_id_of(event_id),
    )


def make_draft(
    *,
    type: EventType = "resource.changed",
    platform: str = "test",
    provenance: Mapping[str, Any] | None = None,
    payload: JSONObject | None = None,
    key: str | None = None,
) -> EventDraft:
    """Return a draft as a source reports it."""
    told = {"platform": platform, **(provenance or {})}
    return EventDraft(type, told, {"number": 42} if payload is None else payload, key)


def make_prompt(text: str = "Do it.\n", **meta: Any) -> Prompt:
    """Return a launch prompt."""
    return Prompt("sops/do-it.md", text, meta, "0" * 64)


def make_dispatch(
    *events: Event,
    id: str = "dlv_1xtest",
    route: str = "route",
    actor: str = "actor",
    attempt: int = 1,
    prompt: Prompt | None = None,
    **more: Any,
) -> Dispatch:
    """Return what a lane would hand to an actor; without ``events``, of one made here."""
    given: Sequence[Event] = events or (make_event(),)
    return Dispatch(
        id=id,
        project="project",
        route=route,
        actor=actor,
        events=given,
        attempt=attempt,
        prompt=prompt,
        is_batch=len(given) > 1,
        **more,
    )
