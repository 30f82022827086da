"""Write what an agent of OpenClaw reads: what happened, and what it is to do about it."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from orgloop.delivery import Dispatch
from orgloop.event import Event
from orgloop.sdk.telling import context_of, kind_of


def message_of(dispatch: Dispatch) -> str:
    """Return the message of a delivery: a header line, context and payload, instructions.

    What an event brings is on one line or quoted as JSON: it cannot look like a part of the
    message.
    """
    parts = [part for event in dispatch.events for part in _told(event, dispatch)]
    if dispatch.prompt is not None:
        parts.append(f"Instructions:\n{dispatch.prompt.text.strip()}")
    return "\n\n".join(parts)


def _told(event: Event, dispatch: Dispatch) -> Iterator[str]:
    kind = kind_of(event)
    what = event.type if kind == event.type else f"{event.type} ({kind})"
    yield f"[OrgLoop] {what} from {event.source}"
    lines = (f"- {name}: {value}" for name, value in context_of(event, dispatch))
    yield "Context:\n" + "\n".join(lines)
    payload = orjson.dumps(event.payload or {}, option=orjson.OPT_INDENT_2).decode()
    yield f"Payload:\n{payload}"
