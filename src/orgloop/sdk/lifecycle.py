"""The lifecycle payload: how every connector reports the sessions of a coding agent."""

from __future__ import annotations

import signal
from typing import Any, Literal, get_args

from attrs import frozen

from orgloop.event import EventDraft, EventType, JSONObject

Phase = Literal["started", "active", "completed", "failed", "stopped"]
Outcome = Literal["success", "failure", "cancelled", "unknown"]
Harness = Literal["claude-code", "codex", "opencode", "pi", "pi-rust", "other"]

PHASES: frozenset[str] = frozenset(get_args(Phase))
TERMINAL_PHASES: frozenset[str] = frozenset({"completed", "failed", "stopped"})
OUTCOMES: frozenset[str] = frozenset(get_args(Outcome))
HARNESSES: frozenset[str] = frozenset(get_args(Harness))

# What a shell reports when a person or a supervisor ended the session.
_CANCELLED_BY = {
    128 + signal.SIGINT: "sigint",
    128 + signal.SIGKILL: "sigkill",
    128 + signal.SIGTERM: "sigterm",
}


@frozen
class Ending:
    """How a session ended: what goes into ``lifecycle``."""

    phase: Phase
    outcome: Outcome
    reason: str


VANISHED = Ending("stopped", "unknown", "lost")
"""The session is gone and nobody saw how it ended."""


def ending_of(exit_status: int | None) -> Ending:
    """Return how a session ended from its exit status as a shell gives it.

    `None` is a stop reported without a status, which counts as a success. A negative number is a
    signal, as `subprocess` writes it.
    """
    status = 0 if exit_status is None else exit_status
    if status < 0:
        status = 128 - status
    if status == 0:
        return Ending("completed", "success", "exit_code_0")
    if status <= 128:
        return Ending("failed", "failure", f"exit_code_{status}")
    return Ending("stopped", "cancelled", _CANCELLED_BY.get(status, f"signal_{status - 128}"))


@frozen(kw_only=True)
class Session:
    """A session as it is known when something is reported of it. Times are ISO 8601 in UTC."""

    id: str
    adapter: str
    """Which connector reports it."""
    harness: str = "other"
    """Which agent it is; one that is not known becomes ``other``."""
    cwd: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    exit_status: int | None = None


def going(
    phase: Literal["started", "active"], session: Session, reason: str | None = None
) -> JSONObject:
    """Return ``lifecycle`` and ``session`` of a session that goes on."""
    return _payload(session, phase, None, reason)


def ended(session: Session, ending: Ending | None = None) -> JSONObject:
    """Return ``lifecycle`` and ``session`` of one that is over; from its exit status by default."""
    how = ending or ending_of(session.exit_status)
    return _payload(session, how.phase, how.outcome, how.reason)


def lifecycle_draft(
    platform: str,
    payload: JSONObject,
    *,
    provenance: JSONObject | None = None,
    key: str | None = None,
    timestamp: str | None = None,
) -> EventDraft:
    """Return the event that reports ``payload``: that of `going` or `ended`, or more."""
    lifecycle: dict[str, Any] = payload["lifecycle"]
    kind: EventType = "actor.stopped" if lifecycle["terminal"] else "resource.changed"
    told = {
        "platform": platform,
        "platform_event": f"session.{lifecycle['phase']}",
        **(provenance or {}),
    }
    return EventDraft(kind, told, payload, key, timestamp)


def _payload(
    session: Session, phase: Phase, outcome: Outcome | None, reason: str | None
) -> JSONObject:
    harness = session.harness if session.harness in HARNESSES else "other"
    is_terminal = phase in TERMINAL_PHASES
    lifecycle: JSONObject = {"phase": phase, "terminal": is_terminal}
    if outcome is not None:
        lifecycle["outcome"] = outcome
    if reason:
        lifecycle["reason"] = reason
    lifecycle["dedupe_key"] = f"{harness}:{session.id}:{phase}"
    told: JSONObject = {"id": session.id, "adapter": session.adapter, "harness": harness}
    optional: JSONObject = {"cwd": session.cwd, "started_at": session.started_at}
    if is_terminal:
        optional |= {"ended_at": session.ended_at, "exit_status": session.exit_status}
    told |= {name: value for name, value in optional.items() if value is not None}
    return {"lifecycle": lifecycle, "session": told}
