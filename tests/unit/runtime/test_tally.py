"""What a source did is counted, and what it did today apart."""

from __future__ import annotations

from orgloop.runtime.tally import Tally

HOUR = 3_600_000


def test_events_of_the_last_day_are_told_from_older_ones() -> None:
    tally = Tally()
    for hour in range(100):
        tally.accepted(2, hour * HOUR)

    assert tally.event_count == 200
    assert tally.last_day(99 * HOUR) == 48
    assert tally.last_day(121 * HOUR) == 4
    assert tally.last_day(200 * HOUR) == 0


def test_what_was_known_already_is_not_counted() -> None:
    tally = Tally()

    tally.accepted(0, HOUR)

    assert tally.last_day(HOUR) == 0
    assert tally.last_event_at is None
