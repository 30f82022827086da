"""Make an event of the JSON that a transform's program answered with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orgloop.errors import InvalidEvent
from orgloop.event import Event


def rewritten(event: Event, document: object) -> Event:
    """Return ``event`` with the content of ``document``; raise `InvalidEvent` if that is no event.

    What a transform may not change (``id``, ``source``, ``origin``, ``trace_id``) is put back
    before the document is checked; an ``id`` must be there all the same. Fields that an event does
    not have of itself are kept as they are.
    """
    if not isinstance(document, Mapping):
        raise InvalidEvent(["the answer is JSON but no object: answer with the whole event"])
    if not isinstance(document.get("id"), str):
        raise InvalidEvent(["the answer has no id: answer with the whole event, not a part of it"])
    kept: dict[str, Any] = {"id": event.id, "source": event.source, "origin": None}
    changed = Event.from_json(
        {name: value for name, value in document.items() if name != "trace_id"} | kept
    )
    return event.with_content_of(changed.with_extra_of(document))
