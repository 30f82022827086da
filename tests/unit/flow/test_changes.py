"""What a transform changed is told in few words, and cheaply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from orgloop.dotpath import MISSING, assign, lookup
from orgloop.event import Event
from orgloop.flow.changes import Changes
from orgloop.hidden import Hidden

EVENT = Event(
    "evt_1",
    "2026-01-01T00:00:00Z",
    "github",
    "resource.changed",
    {"platform": "github"},
    {"number": 7, "user": {"name": "ann", "bio": None}, "labels": ["bug", "new"]},
)
CHANGES: dict[str, tuple[Callable[[Any], Any], list[dict[str, Any]]]] = {
    "nothing": (lambda payload: dict(payload), []),
    "a value": (
        lambda payload: {**payload, "number": 8},
        [{"path": "payload.number", "before": 7, "after": 8}],
    ),
    "true is not one": (
        lambda payload: {**payload, "labels": [True, 1.0]},
        [
            {"path": "payload.labels.0", "before": "bug", "after": True},
            {"path": "payload.labels.1", "before": "new", "after": 1.0},
        ],
    ),
    "added": (lambda payload: {**payload, "x": None}, [{"path": "payload.x", "after": None}]),
    "removed": (
        lambda payload: assign(payload, "user", {"name": "ann"}),
        [{"path": "payload.user.bio", "before": None}],
    ),
    "a list of another length": (
        lambda payload: {**payload, "labels": ["bug"]},
        [{"path": "payload.labels", "before": ["bug", "new"], "after": ["bug"]}],
    ),
    "another kind of value": (
        lambda payload: {**payload, "user": "ann"},
        [{"path": "payload.user", "before": {"name": "ann", "bio": None}, "after": "ann"}],
    ),
    "all of it": (
        lambda payload: None,
        [{"path": "payload", "before": EVENT.payload}],
    ),
}


def told(after: Event, hidden: Hidden = Hidden(), before: Event = EVENT) -> list[dict[str, Any]]:
    return [change.to_json() for change in Changes.between(before, after, hidden).listed]


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES)
def test_what_changed_is_told_with_its_path(
    change: Callable[[Any], Any], expected: list[dict[str, Any]]
) -> None:
    after = evolve(EVENT, payload=change(EVENT.payload))

    assert told(after) == expected
    # An event that came back from a script shares nothing with the one that went in.
    assert told(Event.from_bytes(after.to_bytes())) == expected


def test_everything_that_a_transform_may_change_is_compared() -> None:
    after = evolve(
        EVENT,
        timestamp="2026-01-02T00:00:00Z",
        type="message.received",
        provenance={"platform": "github", "author": "ann"},
        extra={"note": 1},
    )

    assert [one["path"] for one in told(after)] == [
        *("type", "timestamp", "provenance.author", "note")
    ]


def test_what_is_long_is_told_in_brief() -> None:
    after = evolve(EVENT, payload={"number": 7, "k" * 5000: "x" * 5_000_000})

    [_, _, added] = told(after)

    assert added["path"] == "payload." + "k" * 191 + "…"
    assert added["after"] == "x" * 199 + "…"


def test_what_is_hidden_stays_hidden() -> None:
    after = evolve(EVENT, payload={**(EVENT.payload or {}), "swordfish": ["swordfish"]})

    assert told(after, Hidden(["swordfish"])) == [{"path": "payload.***", "after": ["***"]}]


def test_of_many_changes_the_first_are_told_and_the_others_counted() -> None:
    before = evolve(EVENT, payload={str(number): number for number in range(120)})
    after = evolve(EVENT, payload={str(number): -number - 1 for number in range(120)})

    changes = Changes.between(before, after)

    assert [one.path for one in changes.listed] == [f"payload.{number}" for number in range(50)]
    assert changes.omitted == 70


def test_what_is_too_deep_to_compare_is_counted() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = {"a": deep}

    changes = Changes.between(evolve(EVENT, payload={"a": {}}), evolve(EVENT, payload=deep))
    twin = Changes.between(evolve(EVENT, payload=deep), evolve(EVENT, payload=_rebuilt(deep)))

    assert [one.path for one in changes.listed] == ["payload.a.a"]
    assert (twin.listed, twin.omitted) == ([], 1)


def _rebuilt(deep: Any) -> Any:
    depth = 0
    while isinstance(deep, dict):
        deep, depth = deep["a"], depth + 1
    for _ in range(depth):
        deep = {"a": deep}
    return deep


def test_what_is_too_large_to_compare_is_counted() -> None:
    rows = [{"n": number} for number in range(30_000)]
    after = evolve(EVENT, payload={"rows": [dict(row) for row in rows]})

    changes = Changes.between(evolve(EVENT, payload={"rows": rows}), after)

    assert not changes.listed
    assert changes.omitted > 10_000


def test_what_a_stranger_answers_with_is_not_asked() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise AssertionError("it was compared")

        __hash__ = None  # type: ignore[assignment]  # as a class with __eq__ has

    before = evolve(EVENT, payload={"odd": Odd()})

    assert told(evolve(EVENT, payload={"odd": Odd()}), before=before) == [
        {"path": "payload.odd", "before": "(Odd)", "after": "(Odd)"}
    ]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=12,
)
_PAYLOADS = st.dictionaries(st.sampled_from("abc"), _JSON, max_size=3)


@given(_PAYLOADS, _PAYLOADS)
def test_what_is_told_is_true_and_all_there_is(before: Any, after: Any) -> None:
    changes = Changes.between(evolve(EVENT, payload=before), evolve(EVENT, payload=after))

    assert (not changes.listed) == (
        orjson.dumps(before, option=orjson.OPT_SORT_KEYS)
        == orjson.dumps(after, option=orjson.OPT_SORT_KEYS)
    )
    for change in changes.listed:
        assert change.before is not change.after
        for document, value in ((before, change.before), (after, change.after)):
            found = lookup({"payload": document}, change.path)
            assert value is MISSING if found is MISSING else value == found


def test_a_key_that_cannot_be_told_is_told_by_its_type() -> None:
    class Silent:
        def __str__(self) -> str:
            raise RuntimeError("a key that tells nothing")

    payload: Any = {**(EVENT.payload or {}), Silent(): {"x": 1}}

    changes = Changes.between(EVENT, evolve(EVENT, payload=payload))

    assert [one.path for one in changes.listed] == ["payload.(Silent)"]
