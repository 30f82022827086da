"""What one call of an agent's hook says, whichever agent made it."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from orgloop.errors import InvalidPayload
from orgloop.event import JSONObject
from orgloop.sdk.lifecycle import Ending

Moment = Literal["start", "turn", "session", "end", "other"]
"""``turn`` and ``session``: the agent says that one of these is over, and `stop_on` decides whether
that is the end. ``end``: it is, whatever the configuration says."""

_LONGEST_NAME = 100

ABORTED = Ending("stopped", "cancelled", "aborted")
"""A person stopped the agent in the middle of its turn."""


@frozen(kw_only=True)
class Report:
    """One moment of one session."""

    session_id: str
    moment: Moment
    reason: str | None = None
    """What to call the moment where the session goes on."""
    ending: Ending | None = None
    """How it ended, where the agent says more than an exit status."""
    exit_status: int | None = None
    cwd: str | None = None
    summary: str | None = None
    """The agent's last words."""


def failed(reason: object) -> Ending:
    """Return the ending of a turn that an error cut off; what is no name of one is left out."""
    is_name = isinstance(reason, str) and 0 < len(reason) <= _LONGEST_NAME
    return Ending("failed", "failure", str(reason) if is_name else "error")


def session_id(value: object, field: str) -> str:
    """Return which session it is; raise `InvalidPayload` if the body does not say."""
    found = name(value)
    if found is None:
        raise InvalidPayload(f"{field}: which session it is, a text that is not empty")
    return found


def name(value: object) -> str | None:
    """Return what something is called, a text that is not blank or a number; else `None`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value.strip() else None


def text(body: JSONObject, *fields: str) -> str | None:
    """Return the first of these fields that holds text."""
    found = (body.get(field) for field in fields)
    return next((value for value in found if isinstance(value, str) and value), None)
