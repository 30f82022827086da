"""Moments: read in every zone, kept to the millisecond, within the years there are."""

from __future__ import annotations

import pytest

from orgloop.errors import InvalidValue
from orgloop.times import to_epoch_ms, to_iso


@pytest.mark.parametrize(
    "text", ["2026-01-31T08:15:00.250Z", "1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"]
)
def test_a_moment_is_read_as_it_was_written(text: str) -> None:
    assert to_iso(to_epoch_ms(text)) == text


def test_a_fraction_of_a_millisecond_does_not_lead_into_the_next_year() -> None:
    assert to_iso(to_epoch_ms("9999-12-31T23:59:59.999900+00:00")) == "9999-12-31T23:59:59.999Z"


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_outside_of_what_can_be_written_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="years 1 to 9999"):
        to_epoch_ms(text)
