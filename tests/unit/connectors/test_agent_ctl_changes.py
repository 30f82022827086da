"""What happened to sessions between two listings is told, each change once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgloop.connectors.agent_ctl.changes import changes, read_checkpoint, written
from orgloop.errors import PluginError
from orgloop.event import EventDraft
from orgloop.sdk.agentctl import ListedSession
from orgloop.testing.lifecycle import assert_lifecycle

START, STOP = "2026-01-31T08:00:00.000Z", "2026-01-31T09:00:00.000Z"


def session(status: str, name: str = "s1", **more: Any) -> ListedSession:
    fields = {"adapter": "codex", "started_at": START, "told": {"model": "m"}} | more
    return ListedSession(id=name, status=status, **fields)


class Watch:
    """One source's polls, with the checkpoint between them."""

    def __init__(self) -> None:
        self.checkpoint: str | None = None

    def polled(self, *listed: ListedSession) -> list[EventDraft]:
        before = None if self.checkpoint is None else read_checkpoint(self.checkpoint)
        drafts, known = changes(before, listed)
        self.checkpoint = written(known)
        for draft in drafts:
            assert_lifecycle(draft)
        return drafts

    def phases(self, *listed: ListedSession) -> list[str]:
        return [
            " ".join(
                filter(
                    None,
                    [
                        one.provenance["session_id"],
                        one.payload["lifecycle"]["phase"],
                        one.payload["lifecycle"].get("reason"),
                        one.payload["lifecycle"].get("outcome"),
                    ],
                )
            )
            for one in self.polled(*listed)
            if one.payload is not None
        ]


def test_the_life_of_a_session_is_told_turn_by_turn() -> None:
    watch = Watch()

    assert watch.phases(session("running")) == ["s1 started"]
    assert watch.phases(session("running")) == []
    assert watch.phases(session("idle")) == ["s1 active idle"]
    assert watch.phases(session("running")) == ["s1 active running"]
    assert watch.phases(session("stopped")) == ["s1 stopped stopped unknown"]
    assert watch.phases(session("stopped")) == []
    assert watch.phases() == []


def test_an_error_is_a_failure_and_what_is_gone_has_stopped() -> None:
    watch = Watch()
    watch.polled(session("running", "a"), session("idle", "b"))

    assert watch.phases(session("error", "a")) == [
        "a failed error failure",
        "b stopped lost unknown",
    ]
    assert watch.phases() == []


def test_what_had_ended_before_the_first_poll_is_history() -> None:
    watch = Watch()

    assert watch.phases(session("stopped", "a"), session("error", "b")) == []
    assert watch.phases(session("stopped", "a"), session("stopped", "c")) == [
        "c stopped stopped unknown"
    ]


def test_a_session_that_goes_on_after_its_end_starts_anew() -> None:
    watch = Watch()
    keys = []
    for status in ("running", "stopped", "running", "stopped"):
        keys += [one.key for one in watch.polled(session(status))]

    assert len(set(keys)) == 4


def test_a_session_that_comes_back_starts_anew() -> None:
    watch = Watch()
    first = watch.polled(session("running"))
    watch.polled()
    again = watch.polled(session("running"))

    assert [one.provenance["platform_event"] for one in again] == ["session.started"]
    assert again[0].key != first[0].key


def test_so_many_sessions_that_are_gone_are_remembered() -> None:
    watch = Watch()
    watch.polled(*(session("stopped", f"s{number}") for number in range(1500)))
    watch.polled()

    assert watch.checkpoint is not None
    assert len(read_checkpoint(watch.checkpoint)) == 1000


def test_the_same_id_with_another_start_is_another_session() -> None:
    watch = Watch()
    watch.polled(session("running"))

    assert watch.phases(session("running", started_at=STOP)) == [
        "s1 started",
        "s1 stopped lost unknown",
    ]


def test_an_unknown_state_changes_nothing() -> None:
    watch = Watch()
    watch.polled(session("running"))

    assert watch.phases(session("compacting")) == []
    assert watch.phases(session("running")) == []
    assert watch.phases(session("compacting", "other"), session("running")) == []


def test_an_event_says_which_session_of_which_agent_it_was() -> None:
    watch = Watch()
    watch.polled(session("running"))
    (draft,) = watch.polled(session("stopped", stopped_at=STOP, cwd="/repo"))

    assert draft.provenance == {
        "platform": "agent-ctl",
        "platform_event": "session.stopped",
        "author": "codex",
        "author_type": "bot",
        "session_id": "s1",
        "resource_id": "codex:s1",
        "working_directory": "/repo",
    }
    assert draft.timestamp == STOP
    assert draft.payload is not None
    assert draft.payload["model"] == "m"
    assert draft.payload["session"]["harness"] == "codex"
    assert draft.payload["session"]["ended_at"] == STOP


def test_an_agent_that_is_not_known_keeps_its_name_and_counts_as_another() -> None:
    (draft,) = Watch().polled(session("running", adapter="gemini"))

    assert draft.provenance["author"] == "gemini"
    assert draft.payload is not None
    assert draft.payload["session"]["adapter"] == "gemini"
    assert draft.payload["session"]["harness"] == "other"


_STATUSES = st.sampled_from(["running", "idle", "stopped", "error", "odd"])
_LISTS = st.dictionaries(st.sampled_from("abc"), _STATUSES)


@given(history=st.lists(_LISTS, max_size=8), again=st.sets(st.integers(0, 7)))
def test_polls_made_again_tell_each_change_once(
    history: list[dict[str, str]], again: set[int]
) -> None:
    smooth, rough = Watch(), Watch()
    once, told = [], {}
    for number, listed in enumerate(history):
        sessions = [session(status, name) for name, status in listed.items()]
        once += [one.key for one in smooth.polled(*sessions)]
        before = rough.checkpoint
        if number in again:  # what it told was kept, its checkpoint was not
            told |= {one.key: one for one in rough.polled(*sessions)}
            rough.checkpoint = before
        told |= {one.key: one for one in rough.polled(*sessions)}

    assert list(told) == once


@pytest.mark.parametrize("checkpoint", ["", "7", "[7]", '[{"id": "s1"}]', '["s1"]'])
def test_a_checkpoint_of_something_else_is_refused(checkpoint: str) -> None:
    with pytest.raises(PluginError, match="orgloop checkpoint reset"):
        read_checkpoint(checkpoint)
