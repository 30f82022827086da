"""Values are found and set by dot path."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from orgloop.dotpath import MISSING, assign, lookup, value_at

DOCUMENT = {"a": {"b": [{"c": 1}, None]}, "x.y": 2, "t": "text"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b.0.c", 1),
        ("a.b.1", None),
        ("x.y", 2),
        ("a.b.2", MISSING),
        ("a.b.-1", MISSING),
        ("a.b.\N{ARABIC-INDIC DIGIT ZERO}", MISSING),
        ("t.0", MISSING),
        ("a.b.c", MISSING),
        ("", MISSING),
    ],
)
def test_a_path_leads_to_a_value_or_nowhere(path: str, value: Any) -> None:
    assert lookup(DOCUMENT, path) == value or lookup(DOCUMENT, path) is value
    assert value_at(DOCUMENT, path) == (None if value is MISSING else value)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("new", {**DOCUMENT, "new": 9}),
        ("a.new.deep", {**DOCUMENT, "a": {"b": [{"c": 1}, None], "new": {"deep": 9}}}),
        ("a.b.0.d", {**DOCUMENT, "a": {"b": [{"c": 1, "d": 9}, None]}}),
        ("a.b.1", {**DOCUMENT, "a": {"b": [{"c": 1}, 9]}}),
        ("a.b.1.z", {**DOCUMENT, "a": {"b": [{"c": 1}, {"z": 9}]}}),
        ("a.b.7", {**DOCUMENT, "a": {"b": {"7": 9}}}),
        ("t.u", {**DOCUMENT, "t": {"u": 9}}),
    ],
)
def test_setting_makes_a_copy_with_the_value_in_it(path: str, expected: Any) -> None:
    before = deepcopy(DOCUMENT)

    assert assign(DOCUMENT, path, 9) == expected
    assert before == DOCUMENT
