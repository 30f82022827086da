"""Chains of events that cause one another are seen, and end."""

from __future__ import annotations

import pytest

from orgloop.config.model import LoopLimits
from orgloop.flow.loop_guard import Verdict, judge


@pytest.mark.parametrize(
    ("depth", "verdict"),
    [
        (1, Verdict.ROUTE),
        (3, Verdict.ROUTE),
        (4, Verdict.WARN),
        (5, Verdict.CUT),
        (9, Verdict.CUT),
    ],
)
def test_an_event_is_judged_by_its_depth(depth: int, verdict: Verdict) -> None:
    assert judge(depth, LoopLimits()) is verdict


def test_the_limits_are_settings() -> None:
    limits = LoopLimits(warn_depth=1, max_depth=10)
    assert judge(2, limits) is Verdict.WARN
    assert judge(9, limits) is Verdict.WARN
    assert judge(10, limits) is Verdict.CUT
