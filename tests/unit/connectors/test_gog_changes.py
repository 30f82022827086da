"""Messages are reported once, and each change of their labels once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from orgloop.connectors.gog.changes import Known, Memory, changes, messages_of
from orgloop.errors import PluginError
from orgloop.sdk.programs import ProgramFailed


def message(name: str, *labels: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "threadId": f"t{name}", "labels": list(labels), **more}


def remembered(known: dict[str, Known]) -> Mapping[str, Known]:
    return Memory.of(Memory(known).checkpoint()).known


def test_new_messages_are_told_oldest_first_and_once() -> None:
    drafts, known = changes({}, [message("2", "INBOX"), message("1")], None)
    again, _ = changes(remembered(known), [message("2", "INBOX"), message("1")], None)

    assert [one.key for one in drafts] == ["message:1", "message:2"]
    assert [one.type for one in drafts] == ["message.received"] * 2
    assert again == []


def test_labels_that_change_are_told_each_time() -> None:
    _, known = changes({}, [message("1", "INBOX", "UNREAD")], None)
    keys = set()
    for labels in (["INBOX"], ["UNREAD", "INBOX"], ["INBOX"]):
        drafts, known = changes(remembered(known), [message("1", *labels)], None)
        keys |= {one.key for one in drafts}

    assert len(keys) == 3
    assert drafts[0].type == "resource.changed"
    assert drafts[0].payload is not None
    assert drafts[0].payload["labels_removed"] == ["UNREAD"]
    assert drafts[0].payload["labels_added"] == []


def test_the_order_of_labels_is_no_change() -> None:
    _, known = changes({}, [message("1", "A", "B")], None)

    assert changes(remembered(known), [message("1", "B", "A")], None)[0] == []


def test_an_event_says_who_wrote_what() -> None:
    mail = message("1", "INBOX", subject="Hi", body="Text", date="2026-01-31 08:15")
    (draft,), _ = changes({}, [mail | {"from": "Ann <ann@example.com>"}], "me@example.com")

    assert draft.provenance == {
        "platform": "gmail",
        "platform_event": "message.received",
        "author": "ann@example.com",
        "author_type": "unknown",
        "resource_id": "1",
        "url": "https://mail.google.com/mail/?authuser=me%40example.com#all/t1",
    }
    assert draft.payload == {
        "action": "received",
        "message_id": "1",
        "thread_id": "t1",
        "labels": ["INBOX"],
        "from": "Ann <ann@example.com>",
        "subject": "Hi",
        "date": "2026-01-31 08:15",
        "body": "Text",
    }


def test_the_latest_messages_are_remembered() -> None:
    _, known = changes({}, [message(str(number)) for number in range(6000)], None)

    assert list(known) == [str(number) for number in range(4999, -1, -1)]


@pytest.mark.parametrize("answer", [None, 7, [], {"messages": 1}, {"messages": [{"id": 1}]}])
def test_what_is_no_list_of_messages_is_refused(answer: Any) -> None:
    with pytest.raises(ProgramFailed):
        messages_of(answer)


@pytest.mark.parametrize(
    "checkpoint",
    ["", "7", "{}", "{}x", "[7]", '[{"id": "1"}]', '["1"]', '{"known": [], "unread": 7}'],
)
def test_a_checkpoint_of_something_else_is_refused(checkpoint: str) -> None:
    with pytest.raises(PluginError, match="orgloop checkpoint reset"):
        Memory.of(checkpoint)


def test_pages_that_were_left_are_remembered() -> None:
    _, known = changes({}, [message("1")], None)

    assert Memory.of(Memory(known, ["p11"]).checkpoint()) == Memory(known, ["p11"])
    assert Memory.of(Memory(known).checkpoint()) == Memory(known, [])


def test_nothing_found_is_no_message() -> None:
    assert messages_of({"messages": None}) == messages_of({"messages": []}) == []
