"""What a transform's program answers becomes the event, under its own identity."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from orgloop.errors import InvalidEvent
from orgloop.event import Event, Origin
from orgloop.sdk.rewriting import rewritten

EVENT = Event(
    "evt_1",
    "2026-01-31T08:15:00Z",
    "gh",
    "resource.changed",
    {"platform": "github"},
    {"n": 1},
    Origin("run", "p"),
    "trc_1",
)


def test_content_changes_and_identity_stays() -> None:
    answer = EVENT.to_json() | {
        "id": "other",
        "source": 7,
        "origin": "nowhere",
        "trace_id": None,
        "payload": {"n": 2},
    }

    assert rewritten(EVENT, answer) == evolve(EVENT, payload={"n": 2})


def test_fields_that_no_event_has_of_itself_are_kept() -> None:
    event = rewritten(EVENT, EVENT.to_json() | {"metadata": {"team": "platform"}})

    assert event.to_json() == EVENT.to_json() | {"metadata": {"team": "platform"}}
    assert Event.from_bytes(event.to_bytes()) == event
    assert rewritten(event, EVENT.to_json()) == EVENT


def test_what_is_left_out_is_gone() -> None:
    answer = {name: value for name, value in EVENT.to_json().items() if name != "payload"}

    assert rewritten(EVENT, answer).payload is None


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [EVENT.to_json()],
        {},
        {"id": "evt_1"},
        EVENT.to_json() | {"id": 7},
        EVENT.to_json() | {"type": "something.else"},
        EVENT.to_json() | {"provenance": {}},
        EVENT.to_json() | {"payload": "text"},
        EVENT.to_json() | {"timestamp": "today"},
    ],
)
def test_what_is_no_event_is_refused(answer: Any) -> None:
    with pytest.raises(InvalidEvent):
        rewritten(EVENT, answer)
