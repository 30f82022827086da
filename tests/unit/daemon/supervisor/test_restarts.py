"""How long a supervisor waits before the next runtime, and when it starts none any more."""

from __future__ import annotations

from attrs import fields
from hypothesis import given
from hypothesis import strategies as st

from orgloop.config.runtime import SupervisorSettings
from orgloop.daemon.supervisor.backoff import Pace, Restarts
from orgloop.durations import Duration

MANY = Pace(max_restarts=1000)


def test_pauses_double_up_to_the_longest() -> None:
    restarts = Restarts(MANY, lambda: 1.0)

    pauses = [restarts.pause_after(now=i, good_for_seconds=0) for i in range(8)]

    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_pause_is_shortened_by_half_at_most() -> None:
    restarts = Restarts(MANY, lambda: 0.0)

    assert restarts.pause_after(now=0, good_for_seconds=0) == 0.5
    assert restarts.pause_after(now=0, good_for_seconds=0) == 1


def test_a_good_run_begins_anew_and_a_shorter_one_does_not() -> None:
    restarts = Restarts(MANY, lambda: 1.0)
    for _ in range(4):
        restarts.pause_after(now=0, good_for_seconds=0)

    assert restarts.pause_after(now=59, good_for_seconds=59.9) == 16
    assert restarts.pause_after(now=119, good_for_seconds=60) == 1


def test_pauses_do_not_overflow_however_often_it_crashes() -> None:
    restarts = Restarts(Pace(max_restarts=10_000), lambda: 1.0)

    for _ in range(2000):
        assert restarts.pause_after(now=0, good_for_seconds=0) is not None


def test_one_restart_more_than_the_limit_is_too_many() -> None:
    restarts = Restarts(Pace(), lambda: 1.0)

    pauses = [restarts.pause_after(now=i, good_for_seconds=0) for i in range(11)]

    assert None not in pauses[:10]
    assert pauses[10] is None
    assert restarts.count == 10


def test_restarts_are_forgotten_when_the_window_has_passed_over_them() -> None:
    restarts = Restarts(Pace(), lambda: 1.0)
    for i in range(10):
        restarts.pause_after(now=i * 30, good_for_seconds=0)

    assert restarts.pause_after(now=299, good_for_seconds=0) is None
    assert restarts.pause_after(now=300, good_for_seconds=0) is not None
    assert restarts.within_window == 10


@given(
    gaps=st.lists(st.floats(0, 120), max_size=80),
    limit=st.integers(0, 12),
    window=st.integers(1, 300),
)
def test_no_window_ever_holds_more_restarts_than_the_limit(
    gaps: list[float], limit: int, window: int
) -> None:
    restarts = Restarts(Pace(max_restarts=limit, window=Duration(window * 1000)), lambda: 0.5)
    now, moments = 0.0, []
    for gap in gaps:
        now += gap
        if restarts.pause_after(now, gap) is not None:
            moments.append(now)

    for moment in moments:
        assert sum(moment - window < one <= moment for one in moments) <= limit


def test_the_defaults_are_those_of_the_project() -> None:
    ours, theirs = Pace(), SupervisorSettings()

    for one in fields(Pace):
        assert getattr(ours, one.name) == getattr(theirs, one.name), one.name


def test_the_variables_beat_the_defaults() -> None:
    values = {
        "ORGLOOP_HEARTBEAT_INTERVAL": "2s",
        "ORGLOOP_SUPERVISOR_BACKOFF_INITIAL": "10ms",
        "ORGLOOP_SUPERVISOR_BACKOFF_MAX": "3s",
        "ORGLOOP_SUPERVISOR_MAX_RESTARTS": "7",
        "ORGLOOP_SUPERVISOR_WINDOW": "1m",
    }

    pace = Pace.from_environ(values)

    assert pace == Pace(
        heartbeat_interval=Duration(2_000),
        backoff_initial=Duration(10),
        backoff_max=Duration(3_000),
        max_restarts=7,
        window=Duration(60_000),
    )


def test_a_variable_that_makes_no_sense_is_left_to_the_runtime() -> None:
    nonsense = {
        "ORGLOOP_SUPERVISOR_BACKOFF_INITIAL": "soon",
        "ORGLOOP_SUPERVISOR_MAX_RESTARTS": "-1",
        "ORGLOOP_HEARTBEAT_INTERVAL": "0s",
    }

    assert Pace.from_environ(nonsense) == Pace()
