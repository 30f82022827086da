"""Make an event of what an actor answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from orgloop.errors import InvalidEvent
from orgloop.event import Event, EventDraft, EventType, content_problems


def response_event(document: Any, platform: str) -> EventDraft | None:
    """Return the event in an actor's JSON answer, `None` if it holds none.

    It is the answer's ``event`` object: ``type``, and as wanted ``provenance`` (its ``platform`` is
    filled in), ``payload`` and ``timestamp``. Id, source and trace are the runtime's to give.
    Raises `InvalidEvent` with every reason if it cannot be an event.
    """
    if not isinstance(document, Mapping) or "event" not in document:
        return None
    event = document["event"]
    if not isinstance(event, Mapping):
        raise InvalidEvent(["event: a JSON object"])
    content: dict[str, Any] = dict(event)
    provenance = content.get("provenance")
    if provenance is None or isinstance(provenance, Mapping):
        content["provenance"] = {"platform": platform, **(provenance or {})}
    problems = content_problems(content)
    if problems:
        raise InvalidEvent(problems)
    draft = EventDraft(
        cast(EventType, content["type"]),
        content["provenance"],
        content.get("payload"),
        timestamp=content.get("timestamp"),
    )
    # Also refuses what is nested too deeply to be written inside other documents.
    Event("evt_0", "", "", draft.type, draft.provenance, draft.payload).to_bytes()
    return draft
