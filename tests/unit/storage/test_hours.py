from __future__ import annotations

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from orgloop.storage.hours import HOURS_TABLE, Hours, bounds

HOUR = 3_600_000
_times = st.integers(min_value=0, max_value=6 * HOUR)


@given(
    times=st.lists(_times, max_size=30),
    reload_at=st.integers(0, 30),
    begin=st.none() | _times,
    end=st.none() | _times,
)
def test_the_bounds_hold_every_row_of_a_period(
    times: list[int], reload_at: int, begin: int | None, end: int | None
) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(HOURS_TABLE)
    hours = Hours()
    for position, time in enumerate(times, 1):
        if position == reload_at:
            hours.write(connection)
            hours = Hours()
            hours.load(connection)
        hours.note(7, position, time)
        hours.note(8, position, 0)
    hours.write(connection)
    first, last = bounds(connection, 7, begin, end)
    connection.close()
    for position, time in enumerate(times, 1):
        if (begin is None or time >= begin) and (end is None or time < end):
            assert position >= first
            assert last is None or position <= last


def test_the_bounds_leave_other_hours_out() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(HOURS_TABLE)
    hours = Hours()
    for position in range(1, 101):
        hours.note(1, position, position * HOUR // 10)
    hours.write(connection)
    found = bounds(connection, 1, 3 * HOUR, 4 * HOUR)
    empty = bounds(connection, 1, 20 * HOUR, None)
    connection.close()
    assert found == (30, 49)
    assert empty == (0, -1)
