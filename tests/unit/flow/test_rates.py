"""How many attempts may be made in a time."""

from __future__ import annotations

from random import Random

import pytest
from attrs import evolve
from twisted.internet.task import Clock

from orgloop.flow.rates import Ask, Bucket, Rates
from orgloop.records import Claim

CLAIM = Claim(
    row=1,
    id="dlv_1",
    event_id="evt_1",
    event_seq=1,
    route="plain",
    actor="actor",
    attempt=1,
    accepted_at=0,
    created_at=0,
)


def claims(route: str, count: int) -> list[Claim]:
    return [evolve(CLAIM, route=route)] * count


def taken(bucket: Bucket, clock: Clock, seconds: float, steps: int) -> int:
    """Return how many tokens one gets who looks again and again."""
    total = 0
    for _ in range(steps):
        clock.advance(seconds / steps)
        total += (now := bucket.whole())
        bucket.take(now)
    return total


@pytest.mark.parametrize("rate", [0.01, 0.5, 3.0, 100.0])
def test_tokens_come_back_evenly(rate: float) -> None:
    clock = Clock()
    bucket = Bucket(rate, clock)
    bucket.take(bucket.whole())
    assert taken(bucket, clock, 100 / rate, 10_009) == pytest.approx(97, abs=1)


@pytest.mark.parametrize(("rate", "burst"), [(0.1, 1), (49.0, 1), (200.0, 5)])
def test_only_a_few_gather_while_nobody_takes_them(rate: float, burst: int) -> None:
    clock = Clock()
    bucket = Bucket(rate, clock)
    assert bucket.whole() == burst
    clock.advance(10_000)
    assert bucket.whole() == burst


@pytest.mark.parametrize("rate", [1.0, 5.0, 20.0, 51.0, 100.0, 977.0])
@pytest.mark.parametrize("seed", range(5))
def test_no_second_holds_more_than_the_rate(rate: float, seed: int) -> None:
    clock, random = Clock(), Random(seed)
    bucket = Bucket(rate, clock)
    at: list[float] = []
    while clock.seconds() < 3:
        clock.advance(random.choice([0.0, bucket.next_in_seconds(), 0.6 * random.random()]))
        now = bucket.whole()
        bucket.take(now)
        at += [clock.seconds() + 0.008 * random.random()] * now  # the way there takes its time
        clock.advance(1e-4)
    fullest = max(sum(1 for one in at if begin <= one < begin + 1) for begin in at)
    assert fullest <= rate


@pytest.mark.parametrize("rate", [0.003, 0.7, 30.0, 977.0])
def test_who_waits_as_long_as_it_says_gets_a_token(rate: float) -> None:
    clock = Clock()
    clock.advance(12_345.678)
    bucket = Bucket(rate, clock)
    for _ in range(1000):
        bucket.take(bucket.whole())
        wait = bucket.next_in_seconds()
        assert wait > 0
        clock.advance(wait)
        assert bucket.whole() == 1


def test_without_rates_there_is_one_claim_for_all_the_room() -> None:
    rates = Rates.of(None, {}, Clock())
    assert rates.asks(7) == [Ask(7, (), True)]
    assert rates.waits() == (Ask(1, (), True), [])


def test_the_actors_rate_bounds_what_has_none_of_its_own() -> None:
    clock = Clock()
    rates = Rates.of(2.0, {}, clock)
    assert rates.asks(4) == [Ask(1, (), True)]
    rates.spend(claims("plain", 1))
    assert rates.asks(4) == []
    assert rates.waits() == (Ask(1, (), False), [pytest.approx(0.48 / 0.97)])
    clock.advance(0.52)
    assert rates.asks(4) == [Ask(1, (), True)]


def test_a_route_with_a_rate_of_its_own_goes_by_that_alone() -> None:
    clock = Clock()
    rates = Rates.of(1.0, {"quick": 100.0}, clock)
    rates.spend(claims("plain", 1))
    assert rates.asks(10) == [Ask(3, ("quick",), False)]
    rates.spend(claims("quick", 3))
    assert rates.asks(10) == []
    ask, waits = rates.waits()
    assert (ask.gates, ask.ungated) == ((), False)
    assert sorted(waits) == pytest.approx([0.01 / 0.97, 0.98 / 0.97])


def test_a_route_that_is_out_of_tokens_holds_up_no_other() -> None:
    rates = Rates.of(None, {"slow": 0.1}, Clock())
    assert rates.asks(8) == [Ask(1, ("slow",), True), Ask(7, (), True)]
    rates.spend(claims("slow", 1))
    assert rates.asks(8) == [Ask(8, (), True)]


def test_no_bucket_is_overdrawn_whichever_rows_are_claimed() -> None:
    clock = Clock()
    rates = Rates.of(110.0, {"one": 60.0, "two": 400.0}, clock)
    assert rates.asks(20) == [Ask(2, ("one", "two"), True), Ask(1, (), True)]


def test_rows_at_a_gate_that_has_no_rate_any_more_go_with_the_others() -> None:
    clock = Clock()
    rates = Rates.of(1.0, {"slow": 0.1}, clock)
    assert not rates.stand_at(["slow"])
    assert rates.stand_at(["once-slow", "slow"])
    assert not rates.stand_at(["once-slow"])
    assert rates.asks(1) == [Ask(1, ("slow", "once-slow"), True)]
    rates.spend(claims("once-slow", 1))
    assert rates.asks(1) == [Ask(1, ("slow",), False)]
