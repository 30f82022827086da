"""The form for agents without one of their own: a few fields, all but the session optional."""

from __future__ import annotations

from contextlib import suppress

from orgloop.connectors.coding_agent.report import Report, session_id, text
from orgloop.errors import InvalidPayload
from orgloop.event import JSONObject

# Windows has status codes of 32 bits.
_LARGEST_STATUS = 2**32


def read(body: JSONObject) -> Report:
    """Return what the body reports; without a ``hook_type`` it is a stop."""
    session = session_id(body.get("session_id"), "session_id")
    kind = body.get("hook_type")
    if kind not in (None, "start", "stop"):
        raise InvalidPayload("hook_type: start or stop")
    return Report(
        session_id=session,
        moment="start" if kind == "start" else "end",
        exit_status=_exit_status(body.get("exit_status")),
        cwd=text(body, "working_directory", "cwd"),
        summary=text(body, "summary"),
    )


def _exit_status(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, str):
        with suppress(ValueError):  # what a shell script has is text
            value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_STATUS:
        return value
    raise InvalidPayload("exit_status: a whole number, as a shell gives it")
