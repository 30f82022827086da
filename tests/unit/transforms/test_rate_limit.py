"""So many events pass within a window, whatever their order, and the rest is dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from orgloop.durations import Duration
from orgloop.errors import Dropped
from orgloop.event import Event
from orgloop.plugin import PluginContext
from orgloop.reports import TransformContext
from orgloop.testing.lending import lend
from orgloop.transforms.rate_limit import RateLimit, RateLimitConfig

SECOND = 1000
LENT = lend(Path("/nowhere"), clock=Clock())


def event(number: int, source: str = "gh", **payload: Any) -> Event:
    return Event(
        f"evt_{number}",
        "2026-01-31T08:15:00Z",
        source,
        "resource.changed",
        {"platform": "github"},
        dict(payload),
    )


class Place:
    """One route's use of a limit, with what it remembers from event to event."""

    def __init__(self, context: PluginContext, **options: Any) -> None:
        self._options, self._context = options, context
        self.kept: dict[str, str] = {}
        self.expires_at = 0

    def passes(self, one: Event, at: int) -> bool:
        # Made anew each time: all that it remembers is in its memory.
        limit = RateLimit(RateLimitConfig(**self._options), self._context)
        seen = TransformContext(
            source="gh", target="a", event_type=one.type, route="r", accepted_at=at
        )
        keys = limit.memory_keys(one, seen)
        seen.memory.known.update({key: self.kept[key] for key in keys if key in self.kept})
        try:
            answer = limit.apply(one, seen)
        except Dropped:
            return False
        for key, (value, expires_at) in seen.memory.written.items():
            self.kept[key], self.expires_at = value, expires_at
        assert answer is one
        return True


def test_as_many_pass_as_may_and_more_once_the_first_is_old(context: PluginContext) -> None:
    place = Place(context, max=2, window=Duration(10 * SECOND))

    assert place.passes(event(1), at=0)
    assert place.passes(event(2), at=9 * SECOND)
    assert not place.passes(event(3), at=9999)
    assert place.passes(event(4), at=10 * SECOND)
    assert not place.passes(event(5), at=10 * SECOND)
    assert place.passes(event(6), at=19 * SECOND)


def test_sources_are_counted_apart_and_a_route_together(context: PluginContext) -> None:
    apart = Place(context, max=1)
    together = Place(context, max=1, key="route")

    assert apart.passes(event(1, "gh"), at=1)
    assert apart.passes(event(2, "linear"), at=2)
    assert together.passes(event(1, "gh"), at=1)
    assert not together.passes(event(2, "linear"), at=2)


def test_values_at_a_path_are_counted_apart(context: PluginContext) -> None:
    place = Place(context, max=1, key="payload.user")

    assert place.passes(event(1, user="a"), at=1)
    assert place.passes(event(2, user="b"), at=2)
    assert place.passes(event(3), at=3)
    assert not place.passes(event(4), at=4)
    assert not place.passes(event(5, user="a"), at=5)


def test_an_event_put_through_again_passes_and_does_not_count_twice(context: PluginContext) -> None:
    place = Place(context, max=2)
    place.passes(event(1), at=0)

    assert place.passes(event(1), at=0)
    assert place.passes(event(2), at=1)
    assert not place.passes(event(3), at=2)
    assert place.passes(event(1), at=0)


def test_an_event_that_was_dropped_is_dropped_again(context: PluginContext) -> None:
    place = Place(context, max=1)
    place.passes(event(1), at=0)

    assert not place.passes(event(2), at=1)
    assert not place.passes(event(2), at=1)


def test_none_pass_where_none_may(context: PluginContext) -> None:
    assert not Place(context, max=0).passes(event(1), at=0)


def test_what_is_remembered_is_forgotten_with_its_window(context: PluginContext) -> None:
    place = Place(context, max=5, window=Duration(SECOND))
    for number in range(100):
        place.passes(event(number), at=number * 500)

    (value,) = place.kept.values()
    assert len(value) == 4 * 22
    assert place.expires_at == 99 * 500 + 2 * SECOND


@given(
    steps=st.lists(st.integers(-9, 9), max_size=40),
    most=st.integers(0, 4),
)
def test_no_window_holds_more_than_may_pass_where_the_clock_is_set_back(
    steps: list[int], most: int
) -> None:
    place, passed, at, latest = Place(LENT, max=most, window=Duration(10)), [], 1000, 1000
    for number, step in enumerate(steps):
        at = max(at + step, latest - 9)
        latest = max(at, latest)
        passed += [at] if place.passes(event(number), at) else []

    assert all(sum(start <= at < start + 10 for at in passed) <= most for start in passed)


@given(steps=st.lists(st.integers(0, 9), max_size=40), most=st.integers(1, 4))
def test_in_order_of_time_one_passes_whenever_there_is_room(steps: list[int], most: int) -> None:
    place, passed, at = Place(LENT, max=most, window=Duration(10)), [], 0
    for number, step in enumerate(steps):
        at += step
        has_room = sum(before > at - 10 for before in passed) < most
        assert place.passes(event(number), at) is has_room
        passed += [at] if has_room else []
