import pytest

from orgloop.sdk.lifecycle import (
    VANISHED,
    Session,
    ended,
    ending_of,
    going,
    lifecycle_draft,
)
from orgloop.testing.lifecycle import assert_lifecycle

SESSION = Session(
    id="s1",
    adapter="claude-code",
    harness="claude-code",
    cwd="/repo",
    ended_at="2026-01-31T08:15:00Z",
    exit_status=1,
)


@pytest.mark.parametrize(
    ("status", "phase", "outcome", "reason"),
    [
        (0, "completed", "success", "exit_code_0"),
        (None, "completed", "success", "exit_code_0"),
        (1, "failed", "failure", "exit_code_1"),
        (127, "failed", "failure", "exit_code_127"),
        (130, "stopped", "cancelled", "sigint"),
        (137, "stopped", "cancelled", "sigkill"),
        (143, "stopped", "cancelled", "sigterm"),
        (139, "stopped", "cancelled", "signal_11"),
        (-15, "stopped", "cancelled", "sigterm"),
    ],
)
def test_an_exit_status_says_how_a_session_ended(status, phase, outcome, reason):
    ending = ending_of(status)

    assert (ending.phase, ending.outcome, ending.reason) == (phase, outcome, reason)


def test_an_ended_session_stops_an_actor():
    draft = lifecycle_draft("claude-code", ended(SESSION))

    assert draft.type == "actor.stopped"
    assert draft.provenance == {
        "platform": "claude-code",
        "platform_event": "session.failed",
    }
    assert draft.payload == {
        "lifecycle": {
            "phase": "failed",
            "terminal": True,
            "outcome": "failure",
            "reason": "exit_code_1",
            "dedupe_key": "claude-code:s1:failed",
        },
        "session": {
            "id": "s1",
            "adapter": "claude-code",
            "harness": "claude-code",
            "cwd": "/repo",
            "ended_at": "2026-01-31T08:15:00Z",
            "exit_status": 1,
        },
    }
    assert_lifecycle(draft)


def test_a_session_that_goes_on_is_a_change_without_an_outcome():
    draft = lifecycle_draft("x", going("active", SESSION, "idle"), provenance={"author": "x"})

    assert draft.type == "resource.changed"
    assert draft.provenance["author"] == "x"
    assert draft.payload["lifecycle"] == {
        "phase": "active",
        "terminal": False,
        "reason": "idle",
        "dedupe_key": "claude-code:s1:active",
    }
    assert "exit_status" not in draft.payload["session"]
    assert_lifecycle(draft)


def test_a_session_that_vanished_is_stopped_and_nobody_knows_how():
    draft = lifecycle_draft("x", ended(Session(id="s", adapter="x", harness="mine"), VANISHED))

    assert draft.payload["lifecycle"]["outcome"] == "unknown"
    assert draft.payload["lifecycle"]["dedupe_key"] == "other:s:stopped"
    assert_lifecycle(draft)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: p["lifecycle"].update(phase="done"), "phase"),
        (lambda p: p["lifecycle"].update(terminal=False), "terminal"),
        (lambda p: p["lifecycle"].pop("outcome"), "outcome"),
        (lambda p: p["lifecycle"].update(dedupe_key="x"), "dedupe_key"),
        (lambda p: p["lifecycle"].update(phase="completed", dedupe_key="claude-code:s1:completed"),
         "platform_event"),
        (lambda p: p["session"].update(harness="emacs"), "harness"),
        (lambda p: p["session"].update(exit_status=0), "exit_status"),
        (lambda p: p["session"].update(ended_at="yesterday"), "ended_at"),
        (lambda p: p["session"].pop("adapter"), "adapter"),
        (lambda p: p.pop("session"), "session"),
    ],
)  # fmt: skip
def test_the_assertion_notices_what_is_wrong(change, message):
    payload = ended(SESSION)
    draft = lifecycle_draft("claude-code", payload)
    change(payload)

    with pytest.raises(AssertionError, match=message):
        assert_lifecycle(draft)
