"""The filter keeps and drops by what events hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from orgloop.dotpath import MISSING
from orgloop.errors import Dropped, InvalidValue
from orgloop.event import Event
from orgloop.plugin import PluginContext
from orgloop.reports import TransformContext
from orgloop.sdk.patterns import PatternTimeout
from orgloop.transforms.filter.filter import CriteriaFilter, FilterConfig, JqFilter, make_filter
from orgloop.transforms.filter.jq import checked_expression
from orgloop.transforms.filter.matchers import criteria, matcher

SEEN = TransformContext(
    source="gh", target="actor", event_type="resource.changed", route="r", accepted_at=0
)


def event(**payload: Any) -> Event:
    provenance = {"platform": "github", "author": "alice", "author_type": "team_member"}
    return Event(
        "evt_1", "2026-01-31T08:15:00Z", "gh", "resource.changed", provenance, dict(payload)
    )


def passes(config: FilterConfig, one: Event) -> bool:
    try:
        answer = CriteriaFilter(config, Clock()).apply(one, SEEN)
    except Dropped:
        return False
    assert answer is one
    return True


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("alice", "alice"),
        ("", ""),
        (42, 42),
        (42, 42.0),
        (True, True),
        (None, None),
        (None, MISSING),
        (["bob", "alice"], "alice"),
        ([None, 1], MISSING),
        (["/^al/", 1], "alice"),
        ("bob, alice", "alice"),
        ("bob,alice,", "alice"),
        ("/^a/i", "Alice"),
        ("/^a/i, bob", "bob"),
        ("/^a{1,2}$/", "aa"),
        ("bob, /^a{1,2}$/", "aa"),
        ("/a/b/", "xa/bx"),
        ("/usr/bin", "/usr/bin"),
        ("/^42$/", 42),
        ("/^42$/", 42.0),
        ("/^1\\.5$/", 1.5),
        ("/^true$/", True),
        ("/^bug,ui$/", ["bug", "ui"]),
        ('/"login":"a"/', {"login": "a"}),
    ],
)
def test_a_value_is_the_one_asked_for(pattern: Any, value: Any) -> None:
    assert matcher(pattern)(value)


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("alice", "Alice"),
        ("alice", MISSING),
        ("42", 42),
        (42, "42"),
        (1, True),
        (True, 1),
        (False, 0),
        (False, None),
        (None, ""),
        (None, False),
        ("alice", ["alice"]),
        ([], "alice"),
        (["a,b"], "a"),
        ("/./", MISSING),
        ("/undefined|null/", MISSING),
        ("/null/", None),
    ],
)
def test_a_value_is_not_the_one_asked_for(pattern: Any, value: Any) -> None:
    assert not matcher(pattern)(value)


@given(
    st.one_of(st.text(), st.integers(), st.booleans(), st.none()),
    st.one_of(st.text(), st.integers(), st.booleans(), st.none()),
)
def test_exact_values_are_equal_in_type_and_value(pattern: Any, value: Any) -> None:
    if isinstance(pattern, str) and ("," in pattern or pattern.startswith("/")):
        return

    assert matcher(pattern)(value) == (type(pattern) is type(value) and pattern == value)


def test_nothing_configured_passes_everything() -> None:
    assert passes(FilterConfig(), event())


def test_one_excluded_value_is_enough_to_drop() -> None:
    config = FilterConfig(
        exclude={"provenance.author_type": "bot", "payload.draft": True}, match={"source": "gh"}
    )

    assert passes(config, event(draft=False))
    assert not passes(config, event(draft=True))


def test_all_of_match_and_one_of_match_any_must_hold() -> None:
    config = FilterConfig(
        match={"type": "resource.changed", "payload.state": "open"},
        match_any={"payload.priority": "high", "payload.label": "urgent"},
    )

    assert passes(config, event(state="open", label="urgent"))
    assert not passes(config, event(state="open", label="minor"))
    assert not passes(config, event(state="closed", label="urgent"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"exclude": {"source": "gh"}}, "source is excluded"),
        ({"match": {"source": "x"}}, "source does not match"),
        ({"match_any": {"source": "x"}}, "meets nothing of match_any"),
    ],
)
def test_a_dropped_event_says_why(options: dict[str, Any], said: str) -> None:
    with pytest.raises(Dropped, match=said):
        CriteriaFilter(FilterConfig(**options), Clock()).apply(event(), SEEN)


class SlowClock(Clock):
    """A clock that goes on by 30 ms each time somebody looks."""

    def seconds(self) -> float:
        self.advance(0.03)
        return super().seconds()


def test_expressions_have_a_tenth_of_a_second_together_over_an_event() -> None:
    pattern = "/^(?!never)/"
    config = FilterConfig(
        exclude={"source": "/x/"}, match={"source": pattern}, match_any={"type": ["/y/", pattern]}
    )

    with pytest.raises(PatternTimeout, match="together over one event"):
        CriteriaFilter(config, SlowClock()).apply(event(), SEEN)


def test_paths_reach_into_lists() -> None:
    config = FilterConfig(match={"payload.labels.0.name": "bug"})

    assert passes(config, event(labels=[{"name": "bug"}]))
    assert not passes(config, event(labels=[]))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (["a"], "a mapping from dot path"),
        ({"payload.title": "/(/"}, "payload.title: .*not a regular expression"),
        ({"payload.title": ["ok", "/[/"]}, "payload.title: .*not a regular expression"),
        ({"payload": {"title": "x"}}, "payload: .*dot path"),
    ],
)
def test_bad_criteria_are_refused_with_their_path(raw: Any, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        criteria(raw)


def test_a_key_with_nothing_under_it_is_no_criterion() -> None:
    assert criteria(None) == {}


def test_bad_jq_is_refused_with_what_jq_says() -> None:
    with pytest.raises(InvalidValue, match=r"not a jq expression.*syntax error"):
        checked_expression(".payload |")
    with pytest.raises(InvalidValue, match="is a string"):
        checked_expression(True)
    assert checked_expression(".payload.n > 1") == ".payload.n > 1"
    assert checked_expression("") is None


def test_the_options_decide_which_kind_of_filter_it_is(context: PluginContext) -> None:
    assert isinstance(make_filter(FilterConfig(), context), CriteriaFilter)
    assert isinstance(make_filter(FilterConfig(jq=".payload"), context), JqFilter)
