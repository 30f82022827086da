"""Enrich adds, copies and computes, in that order."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from orgloop.errors import InvalidEvent, InvalidValue, InvalidValues
from orgloop.event import Event, Origin
from orgloop.plugin import PluginContext
from orgloop.reports import TransformContext
from orgloop.transforms.enrich.enrich import (
    Enrich,
    EnrichConfig,
    _copies,
    _expressions,
    _targets,
)
from orgloop.transforms.enrich.expressions import compile_expression

SEEN = TransformContext(
    source="gh", target="actor", event_type="resource.changed", route="r", accepted_at=0
)
EVENT = Event(
    "evt_1",
    "2026-01-31T08:15:00Z",
    "gh",
    "resource.changed",
    {"platform": "github", "author": "alice"},
    {"additions": 512, "title": "Fix", "draft": False, "labels": [{"name": "bug"}]},
    Origin("run", "p"),
    "trc_1",
)


def enriched(context: PluginContext, **options: Any) -> Event:
    before = deepcopy(EVENT.to_json())
    answer = Enrich(EnrichConfig(**options), context).apply(EVENT, SEEN)
    assert EVENT.to_json() == before
    return answer


def test_fixed_values_make_what_is_missing_on_the_way(context: PluginContext) -> None:
    answer = enriched(context, set={"payload.team.name": "platform", "provenance.tier": 1})

    assert answer.payload == {**(EVENT.payload or {}), "team": {"name": "platform"}}
    assert answer.provenance == {**EVENT.provenance, "tier": 1}


def test_items_of_lists_are_reached(context: PluginContext) -> None:
    answer = enriched(context, set={"payload.labels.0.seen": True})

    assert (answer.payload or {})["labels"] == [{"name": "bug", "seen": True}]


def test_copies_follow_fixed_values_and_computed_ones_follow_copies(
    context: PluginContext,
) -> None:
    answer = enriched(
        context,
        compute={"payload.by_bob": "payload.who === 'bob'"},
        copy={"payload.who": "provenance.author", "payload.none": "payload.missing"},
        set={"provenance.author": "bob"},
    )

    assert (answer.payload or {})["who"] == "bob"
    assert (answer.payload or {})["by_bob"] is True
    assert "none" not in (answer.payload or {})


def test_templates_know_the_event_and_the_time(context: PluginContext) -> None:
    answer = enriched(
        context,
        compute={"payload.note": "{{ payload.title }} by {{event.provenance.author}} {{now}}"},
    )

    assert (answer.payload or {})["note"] == "Fix by alice 2026-01-31T08:15:00.250Z"


def test_identity_is_never_changed(context: PluginContext) -> None:
    answer = enriched(
        context, set={"id": "evt_2", "source": "x", "trace_id": "trc_2", "origin": {"runtime": "y"}}
    )

    assert answer == EVENT


def test_a_result_that_is_no_event_is_an_error(context: PluginContext) -> None:
    with pytest.raises(InvalidEvent, match="type"):
        enriched(context, set={"type": "nothing.known"})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("payload.additions > 500", True),
        ("payload.additions>=512", True),
        ("payload.additions < 512", False),
        ("payload.additions <= 512.0", True),
        ("payload.additions === 512", True),
        ("payload.additions == '512'", False),
        ("payload.additions != '512'", True),
        ("payload.additions > '1'", False),
        ("payload.title === 'Fix'", True),
        ('event.payload.title == "Fix"', True),
        ("payload.title === Fix", True),
        ("payload.title !== 'Fix'", False),
        ("payload.title < 'G'", True),
        ("payload.draft == false", True),
        ("payload.draft == 0", False),
        ("payload.draft >= 0", False),
        ("payload.missing == null", True),
        ("payload.missing != null", False),
        ("payload.missing > 1", False),
        ("payload.additions > -1e3", True),
    ],
)
def test_a_comparison_is_true_or_false(expression: str, value: bool) -> None:
    scope = {**EVENT.to_json(), "event": EVENT.to_json()}

    assert compile_expression(expression)(scope) is value


@pytest.mark.parametrize(
    "expression", ["payload.x", "", "payload.a > payload.b", "payload.a >", "> 3", 5, True, None]
)
def test_what_is_no_expression_is_refused(expression: Any) -> None:
    with pytest.raises(InvalidValue):
        compile_expression(expression)


@pytest.mark.parametrize(
    ("check", "raw", "said"),
    [
        (_targets, ["a"], "a mapping"),
        (_targets, {"paylod.team": "x"}, "did you mean payload.team"),
        (_targets, {"payload.": "x"}, "no dot path"),
        (_targets, {"type.x": "x"}, "holds nothing"),
        (_copies, {"payload.a": 1}, "payload.a: write the dot path"),
        (_expressions, {"payload.a": "what?"}, "payload.a: .*neither a comparison"),
    ],
)
def test_bad_options_are_refused_with_their_path(check: Any, raw: Any, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        check(raw)


def test_every_bad_option_is_refused_at_its_own_place() -> None:
    with pytest.raises(InvalidValues) as caught:
        _expressions({"payload.a": "what?", "payload.b": "payload.n > 3", "payload.c": "how?"})

    assert [error.at for error in caught.value.errors] == [("payload.a",), ("payload.c",)]


def test_fields_of_older_projects_stand_beside_the_payload(context: PluginContext) -> None:
    changed = enriched(
        context,
        set={"metadata.team": "platform"},
        copy={"metadata.author": "provenance.author"},
        compute={"metadata.is_big": "payload.additions > 500"},
    )

    assert changed.to_json() == EVENT.to_json() | {
        "metadata": {"team": "platform", "author": "alice", "is_big": True}
    }
