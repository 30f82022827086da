"""Say in words what an event is about, for people and for agents that read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orgloop.delivery import Dispatch
from orgloop.dotpath import lookup
from orgloop.event import Event
from orgloop.templates import as_text

_TITLES = ("pr_title", "issue_title", "title", "subject", "summary", "text", "comment_body")
_MAX_TITLE = 300
_MAX_VALUE = 500


def kind_of(event: Event) -> str:
    """Return what its platform calls what happened, else the event's type."""
    named = event.provenance.get("platform_event")
    if not isinstance(named, str) or named.strip() in ("", "unknown"):
        return event.type
    return one_line(named)


def title_of(event: Event) -> str:
    """Return the title of what it is about, on one line; empty if there is none."""
    for name in _TITLES:
        found = lookup(event.payload or {}, name)
        if isinstance(found, str) and found.strip():
            return one_line(found, _MAX_TITLE)
    return ""


def context_of(event: Event, dispatch: Dispatch) -> Iterator[tuple[str, str]]:
    """Yield what is known of an event besides its payload: names and values of one line each."""
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
            yield one_line(name), one_line(as_text(value))


def one_line(text: str, limit: int = _MAX_VALUE) -> str:
    """Return ``text`` on one line and of bounded length: nothing in it can begin a line."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit]}…"
