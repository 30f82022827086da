"""How much may be on its way to the disk."""

from __future__ import annotations

import pytest

from orgloop.errors import Overloaded
from orgloop.flow.intake_bound import IntakeBound


def test_what_is_over_the_bound_is_refused_until_there_is_room() -> None:
    bound = IntakeBound(most_events=10, most_bytes=1000)
    with bound.room_for(8, 100):
        with pytest.raises(Overloaded), bound.room_for(3, 1):
            raise AssertionError("it passed")
        with bound.room_for(2, 900):
            assert (bound.events, bound.bytes) == (10, 1000)
        with pytest.raises(Overloaded), bound.room_for(1, 901):
            raise AssertionError("it passed")
    assert (bound.events, bound.bytes) == (0, 0)


def test_one_call_alone_passes_however_large() -> None:
    bound = IntakeBound(most_events=10, most_bytes=1000)
    with bound.room_for(11, 5000), pytest.raises(Overloaded), bound.room_for(1, 1):
        raise AssertionError("it passed")


def test_what_must_pass_passes_and_counts() -> None:
    bound = IntakeBound(most_events=2, most_bytes=1000)
    with bound.room_for(2, 1), bound.room_for(1, 1, must_pass=True):
        assert bound.events == 3


def test_room_is_given_back_when_keeping_fails() -> None:
    bound = IntakeBound(most_events=2, most_bytes=1000)
    with pytest.raises(OSError, match="disk"), bound.room_for(2, 1):
        raise OSError("disk")
    assert (bound.events, bound.bytes) == (0, 0)
