"""The route index finds exactly the routes that a look at each route would find."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgloop.config.model import Match, Place, RouteDefinition
from orgloop.event import Event
from orgloop.flow.matching import RouteIndex

PLACE = Place(file=Path("orgloop.yaml"), line=1, column=1)


def route(name: str, source: str = "src", filter: dict[str, Any] | None = None) -> RouteDefinition:
    match = Match(source=source, events=("resource.changed",), filter=filter or {})
    return RouteDefinition(name=name, when=match, actor="actor", place=PLACE)


def event(payload: dict[str, Any], source: str = "src") -> Event:
    return Event(
        "evt_1", "2026-01-01T00:00:00Z", source, "resource.changed", {"platform": "test"}, payload
    )


def found(routes: list[RouteDefinition], wanted: Event) -> list[str]:
    return [one.name for one in RouteIndex(routes).find(wanted)]


def test_routes_are_found_in_the_order_of_the_project() -> None:
    routes = [route("b", filter={"payload.a": 1}), route("a"), route("c", filter={"payload.b": 2})]
    assert found(routes, event({"a": 1, "b": 2})) == ["b", "a", "c"]


def test_a_route_of_another_source_is_not_found() -> None:
    assert found([route("a", source="other")], event({})) == []


def test_a_route_of_another_type_is_not_found() -> None:
    match = Match(source="src", events=("actor.stopped",))
    only_stops = RouteDefinition(name="a", when=match, actor="x", place=PLACE)
    assert found([only_stops], event({})) == []


def test_all_entries_of_a_filter_must_hold() -> None:
    routes = [route("a", filter={"payload.a": 1, "payload.b": 2})]
    assert found(routes, event({"a": 1, "b": 2})) == ["a"]
    assert found(routes, event({"a": 1, "b": 3})) == []


@pytest.mark.parametrize(
    ("wanted", "value", "holds"),
    [
        (1, 1.0, True),
        (1, True, False),
        (True, 1, False),
        ("1", 1, False),
        (None, None, True),
        ([1, 2], 2, True),
        ([1, 2], 3, False),
        ("a", ["a"], False),
        (False, False, True),
        (0, False, False),
    ],
)
def test_values_are_compared_exactly(wanted: object, value: object, holds: bool) -> None:
    assert bool(found([route("a", filter={"payload.x": wanted})], event({"x": value}))) is holds


def test_null_also_holds_for_what_is_missing() -> None:
    assert found([route("a", filter={"payload.x": None})], event({})) == ["a"]


def test_a_missing_value_equals_nothing_else() -> None:
    assert found([route("a", filter={"payload.x": ""})], event({})) == []


scalars = st.sampled_from([None, True, False, 0, 1, 2, "a", "b", ""])
filters = st.dictionaries(
    st.sampled_from(["payload.a", "payload.b", "payload.c.d", "source"]), scalars, max_size=3
)
payloads = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), scalars | st.fixed_dictionaries({"d": scalars}), max_size=3
)


def naive(wanted: dict[str, Any], document: dict[str, Any]) -> bool:
    def at(path: str) -> Any:
        value: Any = document
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        return value

    return all(type(at(p)) is type(v) and at(p) == v for p, v in wanted.items())


@given(st.lists(filters, max_size=12), payloads)
def test_the_index_agrees_with_a_look_at_every_route(
    wanted: list[dict[str, Any]], payload: dict[str, Any]
) -> None:
    routes = [route(str(n), filter=one) for n, one in enumerate(wanted)]
    incoming = event(payload)
    expected = [one.name for one in routes if naive(dict(one.when.filter), incoming.to_json())]
    assert found(routes, incoming) == expected
