"""Check an event against the rules of the lifecycle payload."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orgloop.errors import InvalidValue
from orgloop.event import Event, EventDraft
from orgloop.sdk.lifecycle import HARNESSES, OUTCOMES, PHASES, TERMINAL_PHASES, ending_of
from orgloop.times import to_epoch_ms


def assert_lifecycle(event: Event | EventDraft) -> None:
    """Fail, naming every fault, unless ``event`` reports a session as the payload's rules say."""
    payload = event.payload or {}
    lifecycle, session = payload.get("lifecycle"), payload.get("session")
    if not isinstance(lifecycle, dict) or not isinstance(session, dict):
        raise AssertionError("payload: lifecycle and session must be objects")
    faults = [
        *_faults_of_lifecycle(lifecycle, session),
        *_faults_of_session(lifecycle, session),
        *_faults_of_event(event, lifecycle),
    ]
    if faults:
        raise AssertionError("; ".join(faults))


def _faults_of_event(event: Event | EventDraft, lifecycle: dict[str, Any]) -> Iterator[str]:
    is_terminal = lifecycle.get("phase") in TERMINAL_PHASES
    if event.type != ("actor.stopped" if is_terminal else "resource.changed"):
        yield f"type: {event.type} does not go with phase {lifecycle.get('phase')}"
    expected = f"session.{lifecycle.get('phase')}"
    if event.provenance.get("platform_event") != expected:
        yield f"provenance.platform_event: must be {expected}"
    if not event.provenance.get("platform"):
        yield "provenance.platform: is required"


def _faults_of_lifecycle(lifecycle: dict[str, Any], session: dict[str, Any]) -> Iterator[str]:
    phase = lifecycle.get("phase")
    is_terminal = phase in TERMINAL_PHASES
    if phase not in PHASES:
        yield f"lifecycle.phase: {phase!r} is none of {', '.join(sorted(PHASES))}"
    if lifecycle.get("terminal") is not is_terminal:
        yield f"lifecycle.terminal: must be {is_terminal} with phase {phase}"
    if is_terminal and lifecycle.get("outcome") not in OUTCOMES:
        yield f"lifecycle.outcome: must be one of {', '.join(sorted(OUTCOMES))}"
    if not is_terminal and "outcome" in lifecycle:
        yield "lifecycle.outcome: must be absent while the session goes on"
    if not isinstance(lifecycle.get("reason", ""), str):
        yield "lifecycle.reason: must be a string"
    key = f"{session.get('harness')}:{session.get('id')}:{phase}"
    if lifecycle.get("dedupe_key") != key:
        yield f"lifecycle.dedupe_key: must be {key}"


def _faults_of_session(lifecycle: dict[str, Any], session: dict[str, Any]) -> Iterator[str]:
    for name in ("id", "adapter", "harness"):
        if not isinstance(session.get(name), str) or not session[name]:
            yield f"session.{name}: must be a non-empty string"
    if session.get("harness") not in HARNESSES:
        yield f"session.harness: must be one of {', '.join(sorted(HARNESSES))}"
    for name in ("started_at", "ended_at"):
        if name in session and not _is_time(session[name]):
            yield f"session.{name}: must be an ISO 8601 time"
    is_terminal = lifecycle.get("phase") in TERMINAL_PHASES
    for name in ("ended_at", "exit_status"):
        if name in session and not is_terminal:
            yield f"session.{name}: must be absent while the session goes on"
    if is_terminal and "exit_status" in session:
        yield from _faults_of_ending(lifecycle, session["exit_status"])


def _faults_of_ending(lifecycle: dict[str, Any], exit_status: object) -> Iterator[str]:
    if not isinstance(exit_status, int) or isinstance(exit_status, bool):
        yield "session.exit_status: must be a whole number"
        return
    expected = ending_of(exit_status)
    if (lifecycle.get("phase"), lifecycle.get("outcome")) != (expected.phase, expected.outcome):
        yield f"session.exit_status: {exit_status} is {expected.phase}/{expected.outcome}"


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and to_epoch_ms(value) >= 0
    except InvalidValue:
        return False
