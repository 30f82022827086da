"""Put together what ``POST /hooks/agent`` is sent.

The fields are those of OpenClaw's webhook documentation
(https://docs.openclaw.ai/automation/webhook).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orgloop.connectors.openclaw.config import OpenClawConfig
from orgloop.connectors.openclaw.message import message_of
from orgloop.delivery import Dispatch
from orgloop.errors import InvalidValue
from orgloop.event import JSONObject
from orgloop.templates import as_text

ROUTE_OPTIONS = (
    "session_key",
    "thread_id",
    "wake_mode",
    "deliver",
    "channel",
    "to",
    "lane",
    "model",
    "thinking",
    "timeout_seconds",
)
"""What a route may say in its ``then.config``."""

_SWITCHES = {"true": True, "false": False}


def body_of(config: OpenClawConfig, dispatch: Dispatch, session_key: str | None) -> JSONObject:
    """Return the body for the route's session, or for the one that ``session_key`` names.

    Raises `InvalidValue` for a value of the route that is none. What nothing says is left out.
    """
    route = dispatch.config
    event = dispatch.event
    body = {
        "message": message_of(dispatch),
        "sessionKey": session_key
        or _text(route, "session_key")
        or f"orgloop:{event.source}:{event.type}",
        "agentId": config.agent_id,
        "wakeMode": _text(route, "wake_mode") or "now",
        "deliver": _switch(route, "deliver"),
        "channel": _text(route, "channel") or config.default_channel,
        "to": _text(route, "to") or config.default_to,
        "threadId": _text(route, "thread_id"),
        "lane": _text(route, "lane") or config.lane,
        "model": _text(route, "model"),
        "thinking": _text(route, "thinking"),
        "timeoutSeconds": _seconds(route, "timeout_seconds"),
    }
    return {name: value for name, value in body.items() if value not in (None, "")}


def _text(route: Mapping[str, Any], key: str) -> str | None:
    value = route.get(key)
    return None if value is None else as_text(value).strip() or None


def _switch(route: Mapping[str, Any], key: str) -> bool:
    written = (_text(route, key) or "false").lower()
    if written not in _SWITCHES:
        raise InvalidValue(f"then.config.{key} of the route is true or false")
    return _SWITCHES[written]


def _seconds(route: Mapping[str, Any], key: str) -> int | float | None:
    written = _text(route, key)
    if written is None:
        return None
    try:
        seconds = float(written)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise InvalidValue(f"then.config.{key} of the route is a number of seconds")
    return int(seconds) if seconds.is_integer() else seconds
