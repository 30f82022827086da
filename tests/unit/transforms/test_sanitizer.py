"""What nobody should see is taken out, and the rest stays as it was."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import orjson
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from orgloop.errors import InvalidValue
from orgloop.event import Event
from orgloop.plugin import PluginContext
from orgloop.reports import TransformContext
from orgloop.sizes import Size
from orgloop.transforms.sanitizer.markup import without_markup
from orgloop.transforms.sanitizer.redaction import REDACTED, Redaction
from orgloop.transforms.sanitizer.sanitizer import Sanitizer, SanitizerConfig, _paths, _size
from orgloop.transforms.sanitizer.shortening import shortened

SEEN = TransformContext(
    source="gh", target="a", event_type="resource.changed", route="r", accepted_at=0
)
EVENT = Event("evt_1", "2026-01-31T08:15:00Z", "gh", "resource.changed", {"platform": "github"})


def sanitized(context: PluginContext, payload: Any, **options: Any) -> Any:
    event = evolve(EVENT, payload=payload)
    return Sanitizer(SanitizerConfig(**options), context).apply(event, SEEN).payload


@pytest.mark.parametrize(
    ("path", "after"),
    [
        ("payload.a", {"a": REDACTED, "b": {"a": 2, "c": [{"a": 3}, 4]}}),
        ("payload.b", {"a": 1, "b": REDACTED}),
        ("payload.*.a", {"a": 1, "b": {"a": REDACTED, "c": [{"a": 3}, 4]}}),
        ("payload.**.a", {"a": REDACTED, "b": {"a": REDACTED, "c": [{"a": REDACTED}, 4]}}),
        ("**.a", {"a": REDACTED, "b": {"a": REDACTED, "c": [{"a": REDACTED}, 4]}}),
        ("payload.b.c.1", {"a": 1, "b": {"a": 2, "c": [{"a": 3}, REDACTED]}}),
        ("payload.b.c.*", {"a": 1, "b": {"a": 2, "c": [REDACTED, REDACTED]}}),
        ("payload.b.**", {"a": 1, "b": {"a": REDACTED, "c": REDACTED}}),
        ("b.c", {"a": 1, "b": {"a": 2, "c": REDACTED}}),
        ("payload", {"a": REDACTED, "b": REDACTED}),
        ("payload.x", {"a": 1, "b": {"a": 2, "c": [{"a": 3}, 4]}}),
        ("payload.a.b", {"a": 1, "b": {"a": 2, "c": [{"a": 3}, 4]}}),
    ],
)
def test_what_stands_at_a_path_is_redacted(context: PluginContext, path: str, after: Any) -> None:
    payload = {"a": 1, "b": {"a": 2, "c": [{"a": 3}, 4]}}

    assert sanitized(context, payload, redact=(path,)) == after


def test_names_that_no_path_mentions_are_not_remembered(context: PluginContext) -> None:
    sanitizer = Sanitizer(SanitizerConfig(redact=("payload.*.a",)), context)
    for first in range(0, 10_000, 1000):
        payload = {f"n{number}": {"a": 1, "b": 2} for number in range(first, first + 1000)}
        found = sanitizer.apply(evolve(EVENT, payload=payload), SEEN).payload
        assert found == {name: {"a": REDACTED, "b": 2} for name in payload}


def test_a_key_that_holds_dots_is_found(context: PluginContext) -> None:
    assert sanitized(context, {"x": {"user.email": 1}}, redact=("payload.x.user.email",)) == {
        "x": {"user.email": REDACTED}
    }


def test_provenance_and_added_fields_are_redacted(context: PluginContext) -> None:
    event = evolve(
        EVENT, provenance={"platform": "x", "author": "a"}, extra={"more": {"author": 1}}
    )

    found = Sanitizer(SanitizerConfig(redact=("**.author",)), context).apply(event, SEEN)

    assert found.provenance == {"platform": "x", "author": REDACTED}
    assert found.extra == {"more": {"author": REDACTED}}


def test_an_event_with_nothing_to_redact_is_the_same_one(context: PluginContext) -> None:
    event = evolve(EVENT, payload={"a": [{"b": 1}]})
    config = SanitizerConfig(redact=("**.token",), strip_html=True, max_payload_size=Size(100))

    assert Sanitizer(config, context).apply(event, SEEN) is event


_NAMES = st.sampled_from(["a", "b", "c", "0", "1"])
_DOCUMENTS = st.recursive(
    st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=20,
)
_PATHS = st.lists(_NAMES | st.sampled_from(["*", "**"]), min_size=1, max_size=4).map(".".join)


def is_at(path: str, place: tuple[str, ...]) -> bool:
    """Say it in another way: a path as a glob over places that are written with slashes."""
    steps = path.split(".")
    if steps[-1] == "**":
        steps[-1] = "*"
    pattern = "".join(
        "(?:/[^/]+)*" if step == "**" else "/[^/]+" if step == "*" else "/" + re.escape(step)
        for step in steps
    )
    return re.fullmatch(pattern, "".join(f"/{step}" for step in place)) is not None


def expected(value: Any, paths: list[str], place: tuple[str, ...] = ()) -> Any:
    if place and any(is_at(path, place) for path in paths):
        return REDACTED
    if isinstance(value, dict):
        return {name: expected(one, paths, (*place, name)) for name, one in value.items()}
    if isinstance(value, list):
        return [expected(one, paths, (*place, str(n))) for n, one in enumerate(value)]
    return value


@given(document=st.dictionaries(_NAMES, _DOCUMENTS, max_size=4), paths=st.lists(_PATHS, max_size=3))
def test_redaction_finds_exactly_what_its_paths_mean(
    document: dict[str, Any], paths: list[str]
) -> None:
    before = deepcopy(document)
    wrapped = [f"payload.{path}" for path in paths]

    found = Redaction(tuple(wrapped))({"payload": document})["payload"]

    assert found == expected(document, paths)
    assert document == before


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<p>Hello <b>you</b></p>", "Hello you"),
        ("a < b and x<5 & c > d", "a < b and x<5 & c > d"),
        ("x<script type='x'>alert('<b>')</script >y<style>p{}</style>z", "xyz"),
        ("a<!-- <b>no</b> -->b<!DOCTYPE html><?php echo 1 ?>", "ab"),
        ("<scr<script>ipt>alert(1)</scr</script>ipt>x", "x"),
        ("<img src=x onerror=alert(1)", "img src=x onerror=alert(1)"),
        ("<<<<b", "b"),
        ("&lt;b&gt; &amp;", "&lt;b&gt; &amp;"),
        ("<A HREF='x'\n>link</A>", "link"),
        ("", ""),
    ],
)
def test_markup_is_taken_out(text: str, left: str) -> None:
    assert without_markup(text) == left


@given(st.text(st.sampled_from("<>/!-? abscript="), max_size=60))
def test_nothing_is_left_that_begins_a_tag(text: str) -> None:
    assert re.search("<[a-zA-Z/!?]", without_markup(text)) is None


@given(st.text(max_size=60).filter(lambda text: "<" not in text))
def test_text_without_angle_brackets_stays(text: str) -> None:
    assert without_markup(text) == text


@pytest.mark.parametrize("piece", ["<", "<a", "<!--", "<scr<script>ipt>"])
def test_brackets_in_great_number_take_time_in_proportion(piece: str) -> None:
    assert re.search("<[a-zA-Z/!?]", without_markup(piece * 100_000)) is None


def test_every_string_of_the_payload_is_stripped(context: PluginContext) -> None:
    payload = {"a": "<b>x</b>", "b": [{"c": "<i>y</i>"}, 1, "z"]}

    assert sanitized(context, payload, strip_html=True) == {"a": "x", "b": [{"c": "y"}, 1, "z"]}


def test_the_longest_strings_are_cut_first(context: PluginContext) -> None:
    payload = {"short": "x" * 200, "long": "y" * 100_000}

    found = sanitized(context, payload, max_payload_size=Size(5000))

    assert found["short"] == "x" * 200
    assert len(found["long"]) == 4096
    assert found["long"].endswith("… [truncated]")


def test_of_what_cannot_be_cut_the_size_is_left(context: PluginContext) -> None:
    payload = {"numbers": list(range(10_000))}

    found = sanitized(context, payload, max_payload_size=Size(1000))

    assert found == {"truncated": True, "original_size": len(orjson.dumps(payload))}


@given(
    payload=st.dictionaries(
        st.text(max_size=5), st.text(max_size=50) | st.lists(st.integers(0, 9)), max_size=8
    ),
    most=st.integers(100, 400),
)
def test_a_payload_always_fits(payload: dict[str, Any], most: int) -> None:
    found = shortened(payload, most)

    assert len(orjson.dumps(found)) <= most
    assert found == payload or len(orjson.dumps(payload)) > most


@pytest.mark.parametrize("raw", [7, {"a": 1}, [""], ["a..b"], [7], ["id"], ["trace_id.x"]])
def test_what_cannot_be_redacted_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidValue):
        _paths(raw)


@pytest.mark.parametrize(("raw", "size"), [("100KB", 100_000), (2048, 2048)])
def test_a_size_is_written_with_a_unit_or_in_bytes(raw: Any, size: int) -> None:
    assert _size(raw) == Size(size)


@pytest.mark.parametrize("raw", [True, 99, "10B", "many", 1.5, -1])
def test_what_is_no_size_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidValue):
        _size(raw)
