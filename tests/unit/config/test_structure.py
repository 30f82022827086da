"""Options become typed values, whatever their types are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st

from orgloop.config.nodes import Mapping, Node, Scalar, Sequence
from orgloop.config.parsing import parse
from orgloop.config.problems import Findings
from orgloop.config.reading import Nothing, Reading
from orgloop.config.structure import structure
from orgloop.config.variables import Variables
from orgloop.durations import Duration
from orgloop.errors import InvalidValue, PluginError
from orgloop.options import option
from orgloop.sizes import Size


def _fail(written: Any) -> Any:
    raise KeyError("swordfish")


def _exit(written: Any) -> Any:
    raise SystemExit(3)


@frozen(kw_only=True)
class Inner:
    name: str = option("A name.")


@frozen(kw_only=True)
class Everything:
    text: str = option("Text.", default="")
    number: int = option("Number.", default=0)
    ratio: float = option("Ratio.", default=0.0)
    switch: bool = option("Switch.", default=False)
    span: Duration = option("Span.", default=Duration(0))
    size: Size = option("Size.", default=Size(0))
    where: Path | None = option("Path.", default=None)
    word: Literal["a", "b"] = option("Word.", default="a")
    maybe: int | None = option("Maybe.", default=None)
    texts: list[str] = option("Texts.", factory=list)
    pair: tuple[int, ...] = option("Numbers.", default=())
    table: dict[str, int] = option("Table.", factory=dict)
    inner: Inner | None = option("Inner.", default=None)
    inners: list[Inner] = option("Inners.", factory=list)
    either: str | list[str] = option("Either.", default="")
    scalar: str | int | bool | None = option("Any scalar.", default=None)
    free: Any = option("Free.", default=None)
    from_: str = option("Renamed.", key="from", default="")
    broken: Any = option("Broken.", default=None, convert=_fail)
    exits: Any = option("Exits.", default=None, convert=_exit)


def read(text: str) -> tuple[Any, list[str]]:
    findings = Findings()
    node = parse(text, Path("/p/f.yaml"), findings)
    assert node is not None
    return read_node(node, findings)


def read_node(node: Node, findings: Findings) -> tuple[Any, list[str]]:
    reading = Reading(
        variables=Variables({"N": "5"}),
        home=Path("/home-of-orgloop"),
        user_home=Path("/home/me"),
        project_directory=Path("/p"),
        findings=findings,
    )
    value = structure(Everything, node, None, reading)
    return value, [f"{one.path}: {one.what}. {one.remedy}" for one in findings.problems]


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("text: hello", "text", "hello"),
        ("text: ~/.orgloop/x", "text", "/home-of-orgloop/x"),
        ("text: ~/.orgloopx", "text", "~/.orgloopx"),
        ("number: -3", "number", -3),
        ("number: ${N}", "number", 5),
        ("ratio: 1", "ratio", 1.0),
        ("switch: yes", "switch", True),
        ("switch: off", "switch", False),
        ("span: 1h30m", "span", Duration(5_400_000)),
        ("size: 2KB", "size", Size(2000)),
        ("size: 12", "size", Size(12)),
        ("where: ~/x", "where", Path("/home/me/x")),
        ("where: x/y", "where", Path("/p/x/y")),
        ("where: ~/.orgloop/x", "where", Path("/home-of-orgloop/x")),
        ("word: b", "word", "b"),
        ("maybe: null", "maybe", None),
        ("texts: [a, b]", "texts", ["a", "b"]),
        ("pair: [1, 2]", "pair", (1, 2)),
        ("table: {a: 1}", "table", {"a": 1}),
        ("inner: {name: n}", "inner", Inner(name="n")),
        ("inners: [{name: n}]", "inners", [Inner(name="n")]),
        ("either: a", "either", "a"),
        ("either: [a]", "either", ["a"]),
        ("scalar: 3", "scalar", 3),
        ("scalar: true", "scalar", True),
        ("free: {a: [1, '${N}']}", "free", {"a": [1, "5"]}),
        ("from: x", "from_", "x"),
        ("text:", "text", ""),
    ],
)
def test_values_are_read_as_their_type(text: str, name: str, value: object) -> None:
    made, problems = read(text)
    assert problems == []
    assert getattr(made, name) == value
    assert type(getattr(made, name)) is type(value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("text: 5", "text: expected text, found a number. Put it in quotes."),
        ("text: [a]", "text: expected text, found a list. Write a string."),
        ("number: five", "number: expected a whole number, found text."),
        ("number: 1.5", "number: expected a whole number, found a number."),
        ("number: true", "number: expected a whole number, found true or false."),
        ("ratio: x", "ratio: expected a number, found text."),
        ("switch: 1", "switch: expected true or false, found a number."),
        ("span: soon", "span: 'soon' is not a duration. Write a number and a unit"),
        ("size: big", "size: 'big' is not a size. Write a number and a unit"),
        ("where: ''", "where: expected a path, found text."),
        ("word: c", "word: `c` is not one of a, b."),
        ("word: 3", "word: expected one of a, b, found a number."),
        ("texts: a", "texts: expected a list, found text."),
        ("texts: [a, 2]", "texts[1]: expected text, found a number."),
        ("table: {a: x}", "table.a: expected a whole number, found text."),
        ("inner: {nam: n}", "inner.nam: the key `nam` is not known here. Did you mean `name`?"),
        ("inner: 5", "inner: expected a mapping, found a number."),
        ("inners: [{}]", "inners[0].name: `name` is missing. Add `name: …`. A name."),
        ("either: {a: 1}", "either: expected text, found a mapping."),
        ("free: ${", "free: `${` names no variable."),
        ("broken: 1", "broken: this value made its check fail (KeyError)."),
        ("exits: 1", "exits: this value made its check fail (SystemExit)."),
        ("Text: a", "Text: the key `Text` is not known here. Did you mean `text`?"),
    ],
)
def test_what_has_the_wrong_type_is_reported(text: str, problem: str) -> None:
    made, problems = read(text)
    assert isinstance(made, Nothing)
    assert problems[0].startswith(problem)


def test_what_fails_in_a_class_is_the_plugins_problem() -> None:
    @frozen(kw_only=True)
    class Picky:
        low: int = 0

        def __attrs_post_init__(self) -> None:
            raise InvalidValue("low is too low")

    findings = Findings()
    reading = Reading(
        variables=Variables({}),
        home=Path("/h"),
        user_home=Path("/u"),
        project_directory=Path("/p"),
        findings=findings,
    )
    assert isinstance(structure(Picky, Mapping({}, {}, Path("/f"), 1, 1), None, reading), Nothing)
    assert findings.problems[0].what == "low is too low"


def test_a_class_with_types_nobody_knows_is_the_plugins_fault() -> None:
    @frozen
    class Strange:
        odd: complex

    with pytest.raises(PluginError, match="complex"):
        read_as(Strange)


def read_as(cls: type[Any]) -> Any:
    reading = Reading(
        variables=Variables({}),
        home=Path("/h"),
        user_home=Path("/u"),
        project_directory=Path("/p"),
    )
    return structure(cls, Mapping({}, {}, Path("/f"), 1, 1), None, reading)


def _node(value: Any) -> Node:
    if isinstance(value, dict):
        entries = {key: _node(one) for key, one in value.items()}
        return Mapping(entries, dict(entries), Path("/f"), 1, 1)
    if isinstance(value, list):
        return Sequence([_node(one) for one in value], Path("/f"), 1, 1)
    return Scalar(value, Path("/f"), 1, 1)


_keys = st.sampled_from([one.name for one in Everything.__attrs_attrs__]) | st.text(max_size=3)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.sampled_from(["${N}", "${", "5m", "10KB", "~", "~/.orgloop", "a"])
)
_trees = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_keys, _trees, max_size=6))
def test_any_tree_is_read_or_reported(tree: dict[str, Any]) -> None:
    made, problems = read_node(_node(tree), Findings())
    assert isinstance(made, Everything) != bool(problems)
