from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgloop.connectors.cron.timetable import timetable
from orgloop.connectors.cron.zones import zone_named, zone_of_machine
from orgloop.errors import InvalidValue

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def due(schedule: str, after: str, count: int, zone=UTC) -> list[str]:
    moments = islice(timetable(schedule, zone).after(ms(after)), count)
    return [
        datetime.fromtimestamp(moment / 1000, UTC).strftime("%m-%d %H:%M") for moment in moments
    ]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("*/20 9 * * *", ["01-31 09:00", "01-31 09:20", "01-31 09:40"]),
        ("0 9 * * 1-5", ["02-02 09:00", "02-03 09:00", "02-04 09:00"]),
        ("0 9 * * MON", ["02-02 09:00", "02-09 09:00", "02-16 09:00"]),
        ("0 0 1 FEB *", ["02-01 00:00", "02-01 00:00", "02-01 00:00"]),
        ("@daily", ["02-01 00:00", "02-02 00:00", "02-03 00:00"]),
        ("@midnight", ["02-01 00:00", "02-02 00:00", "02-03 00:00"]),
        ("@hourly", ["01-31 09:00", "01-31 10:00", "01-31 11:00"]),
        ("@weekly", ["02-01 00:00", "02-08 00:00", "02-15 00:00"]),
        ("@monthly", ["02-01 00:00", "03-01 00:00", "04-01 00:00"]),
        ("@yearly", ["01-01 00:00", "01-01 00:00", "01-01 00:00"]),
        ("every 5m", ["01-31 08:20", "01-31 08:25", "01-31 08:30"]),
        ("1h30m", ["01-31 09:00", "01-31 10:30", "01-31 12:00"]),
    ],
)
def test_schedules_are_due(schedule, expected):
    assert due(schedule, "2026-01-31T08:15:00Z", 3) == expected


def test_a_day_of_the_month_or_a_day_of_the_week_when_both_are_restricted():
    # The 13th, and every Friday, not only Friday the 13th.
    assert due("0 0 13 * FRI", "2026-03-01T00:00:00Z", 3) == [
        "03-06 00:00",
        "03-13 00:00",
        "03-20 00:00",
    ]
    assert due("0 0 10 * FRI", "2026-03-01T00:00:00Z", 2) == ["03-06 00:00", "03-10 00:00"]


def test_a_due_moment_is_not_after_itself():
    assert due("0 9 * * *", "2026-01-31T09:00:00Z", 1) == ["02-01 09:00"]
    assert due("0 9 * * *", "2026-01-31T08:59:59.999Z", 1) == ["01-31 09:00"]
    assert due("every 5m", "2026-01-31T09:00:00Z", 1) == ["01-31 09:05"]


def test_times_are_those_of_the_zone():
    assert due("0 9 * * *", "2026-01-31T00:00:00Z", 1, BERLIN) == ["01-31 08:00"]
    assert due("0 9 * * *", "2026-07-01T00:00:00Z", 1, BERLIN) == ["07-01 07:00"]


# In Berlin the clock skips 02:00 to 03:00 on 2026-03-29 (at 01:00 UTC), and shows 02:00 to 03:00
# twice on 2026-10-25 (from 00:00 and from 01:00 UTC).


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("30 2 * * *", ["03-29 01:00", "03-30 00:30"]),
        ("0,30 2 * * *", ["03-29 01:00", "03-30 00:00"]),
        ("0 3 * * *", ["03-29 01:00", "03-30 01:00"]),
        ("30 * * * *", ["03-28 23:30", "03-29 00:30", "03-29 01:00", "03-29 01:30"]),
        ("*/20 2,3 * * *", ["03-29 01:00", "03-29 01:20", "03-29 01:40", "03-30 00:00"]),
    ],
)
def test_a_time_that_is_skipped_is_due_once_after_the_gap(schedule, expected):
    assert due(schedule, "2026-03-28T22:30:00Z", len(expected), BERLIN) == expected


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("30 2 * * *", ["10-25 00:30", "10-26 01:30"]),
        ("30 * * * *", ["10-24 23:30", "10-25 00:30", "10-25 02:30"]),
        ("0 2 * * *", ["10-25 00:00", "10-26 01:00"]),
        ("0 3 * * *", ["10-25 02:00", "10-26 02:00"]),
    ],
)
def test_a_time_that_comes_twice_is_due_the_first_time(schedule, expected):
    assert due(schedule, "2026-10-24T23:00:00Z", len(expected), BERLIN) == expected
    # Also for one who begins to look in the second hour.
    later = [moment for moment in expected if moment > "10-25 01:15"]
    assert due(schedule, "2026-10-25T01:15:00Z", len(later), BERLIN) == later


@given(
    schedule=st.sampled_from(["30 2 * * *", "*/20 * * * *", "0 */6 * * *", "15 1-3 * * SUN", "7m"]),
    zone=st.sampled_from([BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), UTC]),
    after=st.integers(ms("2026-03-01T00:00:00Z"), ms("2026-11-10T00:00:00Z")),
)
def test_where_one_begins_to_look_changes_nothing(schedule, zone, after):
    table = timetable(schedule, zone)
    first, second, third = islice(table.after(after), 3)

    assert after < first < second < third
    assert next(table.after(first - 1)) == first
    assert next(table.after(first)) == second
    assert list(table.between(after, third)) == [first, second, third]
    assert table.latest(after, third) == third
    assert table.latest(after, third - 1) == second
    assert table.latest(after, first - 1) is None


@pytest.mark.parametrize("schedule", ["* * * * *", "0 0 29 2 *", "every 5m", "0 0 1 1 *"])
def test_the_latest_due_time_of_years_is_found_at_once(schedule):
    latest = timetable(schedule, BERLIN).latest(0, ms("2026-06-01T12:02:00Z"))

    assert latest is not None
    assert ms("2024-02-01T00:00:00Z") < latest <= ms("2026-06-01T12:02:00Z")


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("", "not a schedule"),
        ("soon", "not a schedule"),
        ("every now and then", "not a cron|fields"),
        ("* * * *", "4 fields"),
        ("0 * * * * *", "6 fields"),
        ("61 * * * *", "Bad minute"),
        ("* * * * XYZ", "Bad day-of-week"),
        ("0 0 30 2 *", "Bad day-of-month"),
        ("@fortnightly", "none of"),
        ("every 0s", "too often"),
        ("5 minutes", "not a schedule"),
    ],
)
def test_what_is_no_schedule_is_refused(schedule, message):
    with pytest.raises(InvalidValue, match=message):
        timetable(schedule, UTC)


def test_an_unknown_zone_is_refused_with_the_nearest_name():
    assert zone_named("Europe/Berlin") == BERLIN
    with pytest.raises(InvalidValue, match=r"did you mean Europe/Berlin\?"):
        zone_named("Europe/Brelin")
    with pytest.raises(InvalidValue, match="did you mean America/New_York"):
        zone_named("america/new york")
    for name in ("Mars", "", "../../etc/passwd", "/etc/localtime", "Europe"):
        with pytest.raises(InvalidValue, match="no time zone"):
            zone_named(name)


def test_the_machine_says_its_zone(tmp_path: Path):
    missing = tmp_path / "missing"
    link = tmp_path / "zoneinfo" / "Asia" / "Tokyo"
    link.parent.mkdir(parents=True)
    link.touch()
    localtime = tmp_path / "localtime"
    localtime.symlink_to(link)
    garbage = tmp_path / "garbage"
    garbage.write_bytes(b"not a zone")

    assert zone_of_machine({"TZ": ":Europe/Berlin"}, missing) == BERLIN
    assert zone_of_machine({"TZ": "Nowhere"}, localtime) == ZoneInfo("Asia/Tokyo")
    assert zone_of_machine({}, localtime) == ZoneInfo("Asia/Tokyo")
    assert zone_of_machine({}, missing) is UTC
    assert zone_of_machine({}, garbage) is UTC
