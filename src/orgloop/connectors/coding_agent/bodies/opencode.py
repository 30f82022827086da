"""The events of OpenCode, as its plugins see them, with the plugin's ``directory`` beside them.

See https://opencode.ai/docs/plugins (events).
"""

from __future__ import annotations

from typing import Any

from orgloop.connectors.coding_agent.report import (
    ABORTED,
    Moment,
    Report,
    failed,
    session_id,
    text,
)
from orgloop.event import JSONObject
from orgloop.sdk.lifecycle import Ending

_MOMENTS: dict[str, Moment] = {
    "session.created": "start",
    "session.idle": "turn",
    "session.error": "turn",
    "session.deleted": "session",
}
_INTERRUPTED = "MessageAbortedError"


def is_one(body: JSONObject) -> bool:
    """Whether the body is an event of OpenCode."""
    return "." in (text(body, "type") or "") and isinstance(body.get("properties"), dict)


def read(body: JSONObject) -> Report:
    """Return what an event reports; ``session.idle`` is the end of a turn."""
    event = str(body["type"])
    properties: dict[str, Any] = body["properties"]
    info = properties.get("info")
    known: dict[str, Any] = info if isinstance(info, dict) else {}
    return Report(
        session_id=session_id(properties.get("sessionID", known.get("id")), "properties.sessionID"),
        moment=_MOMENTS.get(event, "other"),
        reason=event,
        ending=_ending(properties.get("error")) if event == "session.error" else None,
        cwd=text(known, "directory") or text(body, "directory", "cwd"),
        summary=text(body, "summary"),
    )


def _ending(error: object) -> Ending:
    name = error.get("name") if isinstance(error, dict) else None
    return ABORTED if name == _INTERRUPTED else failed(name)
