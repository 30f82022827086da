"""The hooks of Claude Code, and those of Codex, which have the same form.

Their fields are those of https://code.claude.com/docs/en/hooks and
https://developers.openai.com/codex/hooks.
"""

from __future__ import annotations

from orgloop.connectors.coding_agent.report import Moment, Report, failed, session_id, text
from orgloop.event import JSONObject

# A turn that an error of the model's service cut off ends with StopFailure in place of Stop.
_MOMENTS: dict[str, Moment] = {
    "SessionStart": "start",
    "Stop": "turn",
    "StopFailure": "turn",
    "SessionEnd": "session",
}


def is_one(body: JSONObject) -> bool:
    """Whether the body is a hook's input."""
    return text(body, "hook_event_name") is not None


def read(body: JSONObject) -> Report:
    """Return what a hook reports; one that neither starts nor ends anything is a sign of life."""
    event = str(body["hook_event_name"])
    return Report(
        session_id=session_id(body.get("session_id"), "session_id"),
        moment=_MOMENTS.get(event, "other"),
        reason=event,
        ending=failed(body.get("error")) if event == "StopFailure" else None,
        cwd=text(body, "cwd", "working_directory"),
        summary=text(body, "summary", "last_assistant_message"),
    )
