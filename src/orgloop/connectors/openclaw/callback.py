"""Find out whether an event is the answer that one of OpenClaw's sessions waits for.

An agent of OpenClaw that starts work elsewhere (a coding agent's session, say) leaves its own
session key with it, as metadata. When the work is done the event brings the key back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from orgloop.dotpath import lookup
from orgloop.event import Event

_PLACES = ("meta", "session.meta")
_SESSION_KEY = "openclaw_callback_session_key"
_AGENT_ID = "openclaw_callback_agent_id"


@frozen
class Callback:
    """Who waits for an event: a session, an agent, neither or both."""

    session_key: str | None = None
    agent_id: str | None = None


def callback_of(events: Sequence[Event]) -> Callback:
    """Return who waits for ``events``; those of a batch must all name the same."""
    named = {_callback_of(event) for event in events}
    return named.pop() if len(named) == 1 else Callback()


def _callback_of(event: Event) -> Callback:
    return Callback(_named(event, _SESSION_KEY), _named(event, _AGENT_ID))


def _named(event: Event, key: str) -> str | None:
    return next((found for found in _texts(event, key) if found), None)


def _texts(event: Event, key: str) -> Iterator[str]:
    for place in _PLACES:
        meta: Any = lookup(event.payload or {}, place)
        found = meta.get(key) if isinstance(meta, Mapping) else None
        if isinstance(found, str):
            yield found.strip()
