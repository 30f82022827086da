"""What Codex hands to the program that ``notify`` names, at the end of each turn.

See https://developers.openai.com/codex/config-advanced (notifications): the words of its field
names are joined by hyphens.
"""

from __future__ import annotations

from orgloop.connectors.coding_agent.report import Report, session_id, text
from orgloop.event import JSONObject

_TURN_COMPLETE = "agent-turn-complete"


def is_one(body: JSONObject) -> bool:
    """Whether the body is a notification of Codex."""
    return body.get("type") == _TURN_COMPLETE or "thread-id" in body


def read(body: JSONObject) -> Report:
    """Return what a notification reports: a thread is what others call a session."""
    kind = text(body, "type")
    return Report(
        session_id=session_id(body.get("thread-id", body.get("session_id")), "thread-id"),
        moment="turn" if kind == _TURN_COMPLETE else "other",
        reason=kind,
        cwd=text(body, "cwd"),
        summary=text(body, "last-assistant-message"),
    )
