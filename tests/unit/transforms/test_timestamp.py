"""Times are written in one way, and fields say when an event was."""

from __future__ import annotations

from typing import Any

import pytest

from orgloop.errors import InvalidValue
from orgloop.event import Event
from orgloop.plugin import PluginContext
from orgloop.reports import TransformContext
from orgloop.times import to_epoch_ms
from orgloop.transforms.timestamp import Timestamp, TimestampConfig, _checked_way, _fields

SEEN = TransformContext(
    source="gh",
    target="a",
    event_type="resource.changed",
    route="r",
    accepted_at=to_epoch_ms("2026-02-02T01:00:00Z"),
)


def event(timestamp: str = "2026-01-31T23:30:00Z", **payload: Any) -> Event:
    return Event("evt_1", timestamp, "gh", "resource.changed", {"platform": "github"}, payload)


def applied(context: PluginContext, one: Event, **options: Any) -> Event:
    return Timestamp(TimestampConfig(**options), context).apply(one, SEEN)


def test_the_event_says_its_time_in_utc_to_the_millisecond(context: PluginContext) -> None:
    found = applied(context, event("2026-01-31T23:30:00.123456Z"), normalize_to="Asia/Tokyo")

    assert found.timestamp == "2026-01-31T23:30:00.123Z"


@pytest.mark.parametrize(
    ("way", "written"),
    [
        ("utc", "2026-07-01T10:00:00.000Z"),
        ("UTC", "2026-07-01T10:00:00.000Z"),
        ("Europe/Berlin", "2026-07-01T12:00:00.000+02:00"),
        ("unix", 1_782_900_000),
        ("unix_ms", 1_782_900_000_000),
    ],
)
@pytest.mark.parametrize(
    "given", ["2026-07-01T05:00:00-05:00", 1_782_900_000, 1_782_900_000.0, 1_782_900_000_000]
)
def test_a_time_however_written_is_written_anew(
    context: PluginContext, way: str, written: Any, given: Any
) -> None:
    found = applied(context, event(at=given), normalize_to=way, fields=("payload.at",))

    assert found.payload == {"at": written}


@pytest.mark.parametrize(
    "given", ["yesterday", "2026-07-01T05:00:00", True, None, {"a": 1}, -1, 1e300, ""]
)
def test_what_is_no_time_stays(context: PluginContext, given: Any) -> None:
    one = event(at=given)

    assert applied(context, one, fields=("payload.at", "payload.missing")) is one


def test_fields_are_added_in_the_time_zone(context: PluginContext) -> None:
    found = applied(context, event(), normalize_to="Europe/Berlin", add_fields=_fields(True))

    assert found.payload == {
        "timestamps": {
            "occurred_at": "2026-02-01T00:30:00.000+01:00",
            "accepted_at": "2026-02-02T02:00:00.000+01:00",
            "date": "2026-02-01",
            "hour": 0,
            "weekday": "sunday",
        }
    }


def test_fields_are_added_where_a_project_wants_them(context: PluginContext) -> None:
    names = {"payload.rest": "is_weekend", "provenance.at.h": "accepted_hour"}

    found = applied(context, event(), add_fields=_fields(names))

    assert found.payload == {"rest": True}
    assert found.provenance == {"platform": "github", "at": {"h": 1}}


@pytest.mark.parametrize("stamp", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_the_ends_of_time_are_no_trouble(context: PluginContext, stamp: str, zone: str) -> None:
    found = applied(context, event(stamp), normalize_to=zone, add_fields=_fields(True))

    assert found.payload is not None


@pytest.mark.parametrize(
    "raw", [["now"], "date", {"type": "date"}, {"payload.x": 1}, {"payload": "date"}]
)
def test_what_cannot_be_added_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidValue):
        _fields(raw)


@pytest.mark.parametrize("raw", ["Mars/Base", "../etc/passwd", "", 7, None, "a\0b"])
def test_an_unknown_way_of_writing_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidValue, match="time zone"):
        _checked_way(raw)
