"""A few rounds of faults in the suite, and the proof that the harness notices what it is for."""

from __future__ import annotations

import shutil

import pytest

from faults.plan import Fault
from faults.round import Round

OUTAGE = [Fault(0.4, 0.6, "mood", name, "500") for name in ("any", "keyed", "line")]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
def test_nothing_is_lost_or_repeated_without_need_in_a_round_of_faults(seed: int) -> None:
    report = Round(seed, seconds=5.0, per_second=50.0).run()
    assert report.violations == [], report
    assert report.events > 20
    assert report.deliveries > 5 * report.events // 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mistake", "what_is_said"),
    [
        ("lose_rows", "has 0 rows of"),
        ("deliver_twice", "the books know no such delivery"),
        ("repeat", "and came again at"),
        ("pretend", "its receiver never took it"),
        ("forget_order", "before event"),
        ("give_up_early", "is dead after"),
    ],
)
def test_a_runtime_that_makes_a_mistake_is_found_out(mistake: str, what_is_said: str) -> None:
    report = Round(
        seed=14,
        seconds=1.5,
        per_second=60.0,
        mistake=mistake,
        plan=OUTAGE,
        awaits_lost_stops=False,
    ).run()
    shutil.rmtree(report.kept.parent if report.kept else "")
    assert any(what_is_said in violation for violation in report.violations), report
