"""Write what an agent of OpenClaw reads: what happened, and what it is to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from orgloop.delivery import Dispatch
from orgloop.event import Event
from orgloop.templates import as_text

_LONGEST_VALUE = 500
"""Characters of one line of context; what is longer stands in the payload."""


def message_of(dispatch: Dispatch) -> str:
    """Return the message of a delivery: a header line, context and payload, instructions."""
    parts = [part for event in dispatch.events for part in _told(event, dispatch)]
    if dispatch.prompt is not None:
        parts.append(f"Instructions:\n{dispatch.prompt.text.strip()}")
    return "\n\n".join(parts)


def _told(event: Event, dispatch: Dispatch) -> Iterator[str]:
    yield f"[OrgLoop] {_one_line(_headline(event))}"
    yield "Context:\n" + "\n".join(
        f"- {name}: {value}" for name, value in _context(event, dispatch)
    )
    payload = orjson.dumps(event.payload or {}, option=orjson.OPT_INDENT_2).decode()
    yield f"Payload:\n{payload}"


def _headline(event: Event) -> str:
    kind = event.provenance.get("platform_event")
    return f"{event.type} from {event.source}" + (f": {kind}" if isinstance(kind, str) else "")


def _context(event: Event, dispatch: Dispatch) -> Iterator[tuple[str, str]]:
    """Yield what is known of an event besides its payload, one line each."""
    known: dict[str, Any] = {
        "event": event.id,
        "type": event.type,
        "source": event.source,
        "time": event.timestamp,
        "route": dispatch.route,
        "trace": event.trace_id,
    }
    for name, value in {**known, **event.provenance, **known}.items():
        if value is not None and value != "":
            yield _one_line(name), _one_line(as_text(value))


def _one_line(text: str) -> str:
    """Return ``text`` on one line: what an event brings cannot look like a part of the message."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_VALUE else f"{line[:_LONGEST_VALUE]}…"
