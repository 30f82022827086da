"""When a failed attempt is made again."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgloop.config.model import RetrySettings
from orgloop.durations import Duration
from orgloop.flow.retry import RetryPolicy


def test_the_defaults_are_those_of_the_promise() -> None:
    assert RetryPolicy.of(RetrySettings()) == RetryPolicy(10, "exponential", 1.0, 60.0, True)


@pytest.mark.parametrize(
    ("backoff", "delays"),
    [
        ("exponential", [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]),
        ("linear", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
        ("fixed", [1.0] * 8),
    ],
)
def test_without_jitter_the_delay_is_the_bound(backoff: str, delays: list[float]) -> None:
    policy = RetryPolicy(backoff=backoff, has_jitter=False)
    assert [policy.delay_seconds(n, Random(1)) for n in range(1, 9)] == delays


@given(st.integers(1, 2000), st.randoms(use_true_random=False))
def test_full_jitter_stays_between_nothing_and_the_bound(attempt: int, random: Random) -> None:
    bound = RetryPolicy(has_jitter=False).delay_seconds(attempt, random)
    assert 0 <= RetryPolicy().delay_seconds(attempt, random) <= bound


def test_full_jitter_spreads_over_the_whole_range() -> None:
    random = Random(7)
    delays = [RetryPolicy().delay_seconds(7, random) for _ in range(500)]
    assert min(delays) < 6
    assert max(delays) > 54


def test_settings_replace_the_defaults() -> None:
    settings = RetrySettings(
        max_attempts=3, backoff="fixed", initial_delay=Duration(200), jitter="none"
    )
    policy = RetryPolicy.of(settings)
    assert policy.max_attempts == 3
    assert policy.delay_seconds(2, Random(1)) == 0.2
