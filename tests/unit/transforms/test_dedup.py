"""Of events that are alike within a window only the first passes."""

from __future__ import annotations

from typing import Any

import pytest

from orgloop.durations import Duration
from orgloop.errors import Dropped, InvalidValue
from orgloop.event import Event
from orgloop.plugin import PluginContext
from orgloop.reports import Memory, TransformContext
from orgloop.transforms.dedup import Dedup, DedupConfig, _dot_paths

MINUTE = 60_000
BY_NUMBER = DedupConfig(key=("source", "payload.n"))


def event(number: int, **payload: Any) -> Event:
    return Event(
        f"evt_{number}",
        "2026-01-31T08:15:00Z",
        "gh",
        "resource.changed",
        {"platform": "github"},
        dict(payload),
    )


class Place:
    """One route's use of a dedup transform, with what it remembers from event to event."""

    def __init__(self, config: DedupConfig, context: PluginContext) -> None:
        self._dedup = Dedup(config, context)
        self._kept: dict[str, str] = {}
        self.expiries: list[int] = []

    def passes(self, one: Event, at: int) -> bool:
        seen = TransformContext(
            source="gh", target="a", event_type=one.type, route="r", accepted_at=at
        )
        keys = self._dedup.memory_keys(one, seen)
        seen.memory.known.update({key: self._kept[key] for key in keys if key in self._kept})
        try:
            answer = self._dedup.apply(one, seen)
        except Dropped:
            answer = None
        for key, (value, expires_at) in seen.memory.written.items():
            self._kept[key] = value
            self.expiries.append(expires_at)
        return answer is one


def test_the_first_passes_and_later_ones_inside_the_window_do_not(context: PluginContext) -> None:
    place = Place(BY_NUMBER, context)

    assert place.passes(event(1, n=7), at=0)
    assert not place.passes(event(2, n=7), at=5 * MINUTE - 1)
    assert place.passes(event(3, n=8), at=MINUTE)
    assert place.passes(event(4, n=7), at=5 * MINUTE)
    assert place.expiries == [5 * MINUTE, 6 * MINUTE, 10 * MINUTE]


def test_the_same_event_again_is_no_duplicate_of_itself(context: PluginContext) -> None:
    place = Place(BY_NUMBER, context)
    place.passes(event(1, n=7), at=0)

    assert place.passes(event(1, n=7), at=0)
    assert not place.passes(event(2, n=7), at=1)


def test_an_old_event_that_is_replayed_does_not_open_the_window_again(
    context: PluginContext,
) -> None:
    place = Place(BY_NUMBER, context)
    place.passes(event(1, n=7), at=0)
    place.passes(event(2, n=7), at=10 * MINUTE)

    assert place.passes(event(1, n=7), at=0)
    assert not place.passes(event(3, n=7), at=11 * MINUTE)


def test_a_clock_set_back_a_little_lets_no_duplicate_through(context: PluginContext) -> None:
    place = Place(BY_NUMBER, context)
    place.passes(event(1, n=7), at=MINUTE)

    assert not place.passes(event(2, n=7), at=0)


def test_a_missing_field_is_a_value_and_types_are_told_apart(context: PluginContext) -> None:
    place = Place(BY_NUMBER, context)

    assert place.passes(event(1), at=0)
    assert not place.passes(event(2), at=1)
    assert place.passes(event(3, n="1"), at=2)
    assert place.passes(event(4, n=1), at=3)
    assert place.passes(event(5, n={"b": 1, "a": 2}), at=4)
    assert not place.passes(event(6, n={"a": 2, "b": 1}), at=5)


def test_values_cannot_run_into_one_another(context: PluginContext) -> None:
    place = Place(DedupConfig(key=("payload.a", "payload.b")), context)

    assert place.passes(event(1, a="x", b="yz"), at=0)
    assert place.passes(event(2, a="xy", b="z"), at=1)


def test_window_ms_goes_before_window(context: PluginContext) -> None:
    config = DedupConfig(key=("source",), window=Duration(MINUTE), window_ms=10)
    place = Place(config, context)

    assert place.passes(event(1), at=0)
    assert place.passes(event(2), at=10)


def test_remembered_keys_are_short_and_hold_no_payload(context: PluginContext) -> None:
    seen = TransformContext(
        source="gh", target="a", event_type="resource.changed", route="r", accepted_at=0
    )

    (key,) = Dedup(BY_NUMBER, context).memory_keys(event(1, n="secret" * 1000), seen)

    assert len(key) == 32
    assert "secret" not in key
    assert Memory().get(key) is None


@pytest.mark.parametrize("raw", [[], "", None, [1], {"a": 1}, ["a", ""]])
def test_what_is_no_list_of_paths_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidValue, match="list of dot paths"):
        _dot_paths(raw)


def test_one_path_may_stand_alone() -> None:
    assert _dot_paths("payload.n") == ("payload.n",)
