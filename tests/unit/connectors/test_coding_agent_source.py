"""What agents post, and the events that come of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orgloop.connectors.coding_agent import claude_code, codex, opencode, pi
from orgloop.connectors.coding_agent.any_agent import registration
from orgloop.connectors.coding_agent.config import CodingAgentConfig
from orgloop.errors import InvalidPayload
from orgloop.event import EventDraft
from orgloop.plugin import Registration
from orgloop.reports import WebhookRequest
from orgloop.testing.lending import NOW_MS, lend
from orgloop.testing.lifecycle import assert_lifecycle
from support.world import done

NOW = "2026-01-31T08:15:00.250Z"


def reported(
    body: dict[str, Any], plugin: Registration = registration, **options: Any
) -> EventDraft:
    assert plugin.source is not None
    source: Any = plugin.source(CodingAgentConfig(**options), lend(Path("/project"), id="agents"))
    request = WebhookRequest("/webhook/agents", {}, json.dumps(body).encode(), NOW_MS)
    [draft] = done(source.receive(request)).events
    assert_lifecycle(draft)
    return draft


def ending(draft: EventDraft) -> tuple[str, ...]:
    assert draft.payload is not None
    told = draft.payload["lifecycle"]
    return tuple(told[name] for name in ("phase", "outcome", "reason") if name in told)


def hook(event: str, **more: Any) -> dict[str, Any]:
    return {
        "session_id": "s1",
        "transcript_path": "/t.jsonl",
        "cwd": "/r",
        "hook_event_name": event,
        **more,
    }


def test_an_end_says_who_where_and_how_and_keeps_what_was_posted() -> None:
    draft = reported(
        {
            "session_id": "s1",
            "working_directory": "/r",
            "duration_seconds": 90,
            "exit_status": 1,
            "summary": "broken",
            "transcript_path": "/t",
            "meta": {"ticket": 7},
            "delivery_id": "d1",
            "tracking_id": "run-1",
        },
        platform="reviewer",
        harness="codex",
    )

    assert draft.type == "actor.stopped"
    assert draft.key == "d1"
    assert draft.timestamp == NOW
    assert draft.provenance == {
        "platform": "reviewer",
        "platform_event": "session.failed",
        "author": "reviewer",
        "author_type": "bot",
        "session_id": "s1",
        "working_directory": "/r",
        "tracking_id": "run-1",
    }
    assert draft.payload is not None
    assert draft.payload["lifecycle"] == {
        "phase": "failed",
        "terminal": True,
        "outcome": "failure",
        "reason": "exit_code_1",
        "dedupe_key": "codex:s1:failed",
    }
    assert draft.payload["session"] == {
        "id": "s1",
        "adapter": "reviewer",
        "harness": "codex",
        "cwd": "/r",
        "started_at": "2026-01-31T08:13:30.250Z",
        "ended_at": NOW,
        "exit_status": 1,
    }
    assert draft.payload["meta"] == {"ticket": 7}
    assert draft.payload["summary"] == "broken"


def test_the_platform_is_the_agents_name_or_the_source() -> None:
    assert reported({"session_id": "s"}).platform == "agents"
    assert reported(hook("Stop"), claude_code.registration).platform == "claude-code"
    assert reported(hook("Stop"), claude_code.registration, platform="cc").platform == "cc"
    stranger = reported({"session_id": "s"})
    assert stranger.payload is not None
    assert stranger.payload["session"]["harness"] == "other"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ("completed", "success", "exit_code_0")),
        ({"hook_type": "stop", "exit_status": 0}, ("completed", "success", "exit_code_0")),
        ({"exit_status": "130"}, ("stopped", "cancelled", "sigint")),
        ({"exit_status": 143}, ("stopped", "cancelled", "sigterm")),
        ({"exit_status": -9}, ("stopped", "cancelled", "sigkill")),
        ({"exit_status": 2}, ("failed", "failure", "exit_code_2")),
        ({"hook_type": "start"}, ("started",)),
    ],
)
def test_a_body_without_a_form_of_its_own_ends_by_its_exit_status(
    body: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert ending(reported({"session_id": "s1", **body})) == expected


DONE = ("completed", "success", "exit_code_0")


@pytest.mark.parametrize(
    ("event", "by_turn", "by_session"),
    [
        ("SessionStart", ("started",), ("started",)),
        ("Stop", DONE, ("active", "Stop")),
        ("SessionEnd", ("active", "SessionEnd"), DONE),
        ("SubagentStop", ("active", "SubagentStop"), ("active", "SubagentStop")),
        ("Notification", ("active", "Notification"), ("active", "Notification")),
        ("SomethingNew", ("active", "SomethingNew"), ("active", "SomethingNew")),
    ],
)
def test_the_hooks_of_claude_code_say_what_happens_to_a_session(
    event: str, by_turn: tuple[str, ...], by_session: tuple[str, ...]
) -> None:
    plugin = claude_code.registration

    assert ending(reported(hook(event), plugin)) == by_turn
    assert ending(reported(hook(event), plugin, stop_on="session_end")) == by_session


def test_a_turn_that_the_model_service_cut_off_has_failed() -> None:
    draft = reported(hook("StopFailure", error="rate_limit"), claude_code.registration)

    assert ending(draft) == ("failed", "failure", "rate_limit")


def test_a_start_says_since_when_and_a_sign_of_life_does_not_end_anything() -> None:
    start = reported(hook("SessionStart", source="startup"), claude_code.registration)
    alive = reported(hook("Notification", message="waits"), claude_code.registration)

    assert start.type == alive.type == "resource.changed"
    assert start.payload is not None
    assert alive.payload is not None
    assert start.payload["session"]["started_at"] == NOW
    assert start.payload["source"] == "startup"
    assert alive.payload["message"] == "waits"


TURN = {
    "type": "agent-turn-complete",
    "thread-id": "b5f6",
    "turn-id": "1",
    "cwd": "/r",
    "input-messages": ["Rename it."],
    "last-assistant-message": "Renamed.",
}


def test_a_turn_of_codex_is_an_end_of_its_thread() -> None:
    draft = reported(TURN, codex.registration)

    assert ending(draft) == DONE
    assert draft.payload is not None
    assert draft.payload["session"]["id"] == "b5f6"
    assert draft.payload["summary"] == "Renamed."
    assert draft.payload["working_directory"] == "/r"
    assert ending(reported(TURN, codex.registration, stop_on="session_end")) == (
        "active",
        "agent-turn-complete",
    )


@pytest.mark.parametrize(
    ("event", "properties", "expected"),
    [
        ("session.created", {"info": {"id": "ses_1", "directory": "/r"}}, ("started",)),
        ("session.idle", {"sessionID": "ses_1"}, DONE),
        (
            "session.error",
            {"sessionID": "ses_1", "error": {"name": "ProviderAuthError"}},
            ("failed", "failure", "ProviderAuthError"),
        ),
        (
            "session.error",
            {"sessionID": "ses_1", "error": {"name": "MessageAbortedError"}},
            ("stopped", "cancelled", "aborted"),
        ),
        ("session.error", {"sessionID": "ses_1", "error": 1}, ("failed", "failure", "error")),
        ("session.compacted", {"sessionID": "ses_1"}, ("active", "session.compacted")),
        ("session.deleted", {"info": {"id": "ses_1"}}, ("active", "session.deleted")),
    ],
)
def test_events_of_opencode_say_what_happens_to_a_session(
    event: str, properties: dict[str, Any], expected: tuple[str, ...]
) -> None:
    body = {"type": event, "properties": properties, "directory": "/r"}
    draft = reported(body, opencode.registration)

    assert ending(draft) == expected
    assert draft.provenance["session_id"] == "ses_1"
    assert draft.provenance["working_directory"] == "/r"


@pytest.mark.parametrize(
    ("body", "by_turn", "by_session"),
    [
        ({"type": "session_start", "reason": "startup"}, ("started",), ("started",)),
        ({"type": "agent_end"}, DONE, ("active", "agent_end")),
        (
            {"type": "agent_end", "stop_reason": "error"},
            ("failed", "failure", "error"),
            ("active", "agent_end"),
        ),
        (
            {"type": "agent_end", "stop_reason": "aborted"},
            ("stopped", "cancelled", "aborted"),
            ("active", "agent_end"),
        ),
        ({"type": "session_shutdown", "reason": "quit"}, ("active", "session_shutdown"), DONE),
        (
            {"type": "session_shutdown", "reason": "reload"},
            ("active", "session_shutdown"),
            ("active", "session_shutdown"),
        ),
    ],
)
def test_events_of_pi_say_what_happens_to_a_session(
    body: dict[str, Any], by_turn: tuple[str, ...], by_session: tuple[str, ...]
) -> None:
    said = {**body, "session_id": "u1", "cwd": "/r"}

    assert ending(reported(said, pi.registration)) == by_turn
    assert ending(reported(said, pi.registration, stop_on="session_end")) == by_session


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"session_id": " "},
        {"session_id": None},
        {"session_id": True},
        {"session_id": "s", "hook_type": "pause"},
        {"session_id": "s", "exit_status": "often"},
        {"session_id": "s", "exit_status": True},
        {"session_id": "s", "exit_status": "9" * 30},
        {"hook_event_name": "Stop"},
        {"type": "agent-turn-complete"},
        {"type": "session.idle", "properties": {}},
        {"type": "agent_end"},
    ],
)
def test_a_body_that_names_no_session_or_end_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidPayload):
        reported(body)


def test_a_time_that_cannot_be_read_costs_no_event() -> None:
    assert reported({"session_id": "s", "timestamp": "yesterday"}).timestamp == NOW
    assert reported({"session_id": "s", "timestamp": 17}).timestamp == NOW
    told = reported({"session_id": "s", "timestamp": "2026-01-30T10:00:00+02:00"})
    assert told.timestamp == "2026-01-30T08:00:00.000Z"


@pytest.mark.parametrize("took", [1e300, -1, True, "long"])
def test_no_length_of_a_session_is_too_strange(took: object) -> None:
    assert ending(reported({"session_id": "s", "duration_seconds": took})) == DONE


def test_names_may_be_numbers() -> None:
    draft = reported({"session_id": 7, "delivery_id": 17, "tracking_id": 4})

    assert draft.key == "17"
    assert draft.provenance["session_id"] == "7"
    assert draft.provenance["tracking_id"] == "4"


def test_what_hangs_on_a_session_stays_with_it() -> None:
    meta = {"openclaw_callback_session_key": "k"}
    draft = reported({"session_id": "s", "session": {"meta": meta, "id": "another"}})

    assert draft.payload is not None
    assert draft.payload["session"]["meta"] == meta
    assert draft.payload["session"]["id"] == "s"
