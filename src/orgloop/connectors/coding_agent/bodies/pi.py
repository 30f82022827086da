"""The events of Pi and its Rust port, as their extensions see them.

An event of theirs does not name its session, so the extension adds ``session_id`` and ``cwd``, and
``stop_reason``, which the last message of a run has. See ``docs/extensions.md`` of
https://github.com/badlogic/pi-mono (packages/coding-agent).
"""

from __future__ import annotations

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
    "session_start": "start",
    "agent_end": "turn",
    "session_shutdown": "session",
}
# The extensions of a session are loaded anew, and the session goes on.
_RELOAD = "reload"


def is_one(body: JSONObject) -> bool:
    """Whether the body is an event of Pi."""
    return text(body, "type") in _MOMENTS


def read(body: JSONObject) -> Report:
    """Return what an event reports; ``agent_end`` is the end of a turn."""
    event = str(body["type"])
    return Report(
        session_id=session_id(body.get("session_id"), "session_id"),
        moment="other" if body.get("reason") == _RELOAD else _MOMENTS[event],
        reason=event,
        ending=_ending(body.get("stop_reason")),
        cwd=text(body, "cwd", "working_directory"),
        summary=text(body, "summary"),
    )


def _ending(stop_reason: object) -> Ending | None:
    if stop_reason == "aborted":
        return ABORTED
    return failed(stop_reason) if stop_reason == "error" else None
