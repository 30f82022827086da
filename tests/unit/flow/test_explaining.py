"""Every route says how it stands to an event, and on which field it failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orgloop.config.model import Match, Place, RouteDefinition
from orgloop.event import Event
from orgloop.flow.explaining import Standings, explain
from orgloop.flow.matching import RouteIndex

PLACE = Place(file=Path("orgloop.yaml"), line=1, column=1)
EVENT = Event(
    "evt_1",
    "2026-01-01T00:00:00Z",
    "github",
    "resource.changed",
    {"platform": "github"},
    {"repo": "a/b", "number": 7, "labels": ["bug"], "long": "x" * 1000},
)


def route(
    name: str, filter: dict[str, Any], source: str = "github", **others: Any
) -> RouteDefinition:
    match = Match(source=source, events=others.pop("events", ("resource.changed",)), filter=filter)
    return RouteDefinition(name=name, when=match, actor="actor", place=PLACE, **others)


def names(standings: Standings) -> list[str]:
    return [one.name for one in standings.routes]


def reasons(*routes: RouteDefinition) -> list[object]:
    return [one.to_json()["reason"] for one in explain(routes, EVENT).routes]


def test_a_route_that_wants_the_event_needs_no_reason() -> None:
    [standing] = explain([route("all", {})], EVENT).routes

    assert standing.to_json() == {"name": "all", "matched": True, "reason": None, "failing": 0}


def test_the_reason_is_the_entry_that_failed_first() -> None:
    wanted = {"payload.repo": "a/b", "payload.number": [8, 9], "payload.gone": 1}

    assert reasons(route("r", wanted)) == [
        {"path": "payload.number", "expected": [8, 9], "actual": 7}
    ]


def test_what_the_event_lacks_is_null() -> None:
    assert reasons(route("r", {"payload.gone": 1})) == [
        {"path": "payload.gone", "expected": 1, "actual": None}
    ]


def test_another_type_or_source_comes_before_the_filter() -> None:
    other_type = route("t", {"payload.number": 1}, events=("actor.stopped",))
    other_source = route("s", {"payload.number": 1}, source="linear")

    assert reasons(other_type, other_source) == [
        {"path": "type", "expected": ["actor.stopped"], "actual": "resource.changed"},
        {"path": "source", "expected": "linear", "actual": "github"},
    ]


def test_what_came_from_a_variable_stays_hidden() -> None:
    hidden = route("r", {"payload.repo": "secret"}, shown={"filter": {"payload.repo": "***"}})

    assert reasons(hidden) == [{"path": "payload.repo", "expected": "***", "actual": "a/b"}]


def test_a_long_value_is_told_in_brief() -> None:
    [reason] = reasons(route("r", {"payload.long": "y"}))

    assert isinstance(reason, dict)
    assert reason["actual"] == "x" * 199 + "…"


def test_the_nearest_come_first() -> None:
    routes = [
        route("other-source", {}, source="linear"),
        route("other-type", {}, events=("actor.stopped",)),
        route("two-fail", {"payload.number": 1, "payload.repo": "x"}),
        route("one-fails", {"payload.number": 1, "payload.repo": "a/b"}),
        route("another-fails", {"payload.number": 1}),
        route("matches", {"payload.number": 7}),
    ]

    standings = explain(routes, EVENT)

    assert names(standings) == [
        *("matches", "one-fails", "another-fails", "two-fail", "other-type", "other-source")
    ]
    assert [one.failing for one in standings.routes] == [0, 1, 1, 2, 1, 1]
    assert standings.omitted == 0


def test_of_many_routes_only_the_nearest_are_listed() -> None:
    far = [route(f"far-{number}", {}, source="linear") for number in range(900)]
    near = [route(f"near-{number}", {"payload.number": number + 100}) for number in range(100)]
    wanting = [route(f"wants-{number}", {}) for number in range(30)]

    standings = explain([*far, *near, *wanting], EVENT)

    assert names(standings) == [one.name for one in [*wanting, *near[:20]]]
    assert standings.omitted == 980


def test_routes_of_other_sources_are_listed_only_where_they_are_few() -> None:
    near = [route(f"near-{number}", {"payload.number": 1}) for number in range(5)]
    far = [route(f"far-{number}", {}, source="linear") for number in range(16)]

    assert len(explain([*near, *far[:15]], EVENT).routes) == 20
    assert names(explain([*near, *far], EVENT)) == [one.name for one in near]
    assert explain([*near, *far], EVENT).omitted == 16


_VALUES = st.sampled_from([0, 1, True, None, "a", ["a"], {"x": 1}])
_FILTERS = st.dictionaries(st.sampled_from(["payload.a", "payload.b"]), _VALUES)


@given(st.lists(_FILTERS, max_size=5), st.dictionaries(st.sampled_from("ab"), _VALUES))
def test_it_agrees_with_the_router(filters: list[dict[str, Any]], payload: dict[str, Any]) -> None:
    routes = [route(str(number), one) for number, one in enumerate(filters)]
    event = Event(
        "evt_1", EVENT.timestamp, "github", "resource.changed", {"platform": "x"}, payload
    )

    wanting = [one.name for one in explain(routes, event).routes if one.matched]

    assert wanting == [one.name for one in RouteIndex(routes).find(event)]
