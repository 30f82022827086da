"""A value is told in few words, whatever it is."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgloop.brief import LONGEST, brief
from orgloop.hidden import Hidden


@pytest.mark.parametrize("value", [None, True, 7, 1.5, "", "ünïcode", [1, ["a"]], {"a": {"b": 1}}])
def test_what_is_short_stays_as_it_is(value: object) -> None:
    assert brief(value) == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 201, "x" * 199 + "…"),
        (list(range(10_000)), "[0,1,2"),
        ({"a": "x" * 5_000_000}, '{"a":"xxx'),
        ({"a": 1, "b": "\ud800"}, {"a": 1, "b": "\\ud800"}),
        (2**70, "(int)"),
        (object(), "(object)"),
        ((1, b""), [1, "(bytes)"]),
    ],
)
def test_what_is_not_is_told_in_brief(value: Any, shown: Any) -> None:
    told = brief(value)

    assert told[: len(shown)] == shown if isinstance(shown, str) else told == shown
    assert len(orjson.dumps(told)) < 4 * LONGEST


def test_nothing_hidden_shows_at_whatever_place_it_stands() -> None:
    hidden = Hidden(["swordfish", "hunter2-is-longer"])

    for before in range(150, 220):
        text = "a" * before + "hunter2-is-longer swordfish" + "b" * 50
        for shown in (brief(text, hidden), str(brief({text: [text]}, hidden))):
            assert "hunt" not in shown
            assert "swor" not in shown


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_JSON)
def test_it_can_always_be_written(value: Any) -> None:
    assert len(orjson.dumps(brief(value)).decode()) <= 6 * LONGEST + 10


class _Amount(float):
    """A number as numpy's are."""


class _Silent:
    def __str__(self) -> str:
        raise RuntimeError("a key that tells nothing")


def test_what_a_strangers_transform_puts_in_place_of_json_can_be_written() -> None:
    assert orjson.loads(orjson.dumps(brief(_Amount(1.5)))) == 1.5
    assert brief({"a": _Amount(1.5), _Silent(): 1}) == {"a": 1.5, "(_Silent)": 1}
