"""Stop chains of events that cause one another without end."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orgloop.config.model import LoopLimits


class Verdict(enum.Enum):
    """What the guard says of an event."""

    ROUTE = enum.auto()
    WARN = enum.auto()
    """Routed, and told of as ``loop.detected``."""
    CUT = enum.auto()
    """Kept and not routed, and told of as ``loop.circuit_broken``."""


def judge(depth: int, limits: LoopLimits) -> Verdict:
    """Judge an event by its place in its chain; the root has depth 1."""
    if depth >= limits.max_depth:
        return Verdict.CUT
    if depth > limits.warn_depth:
        return Verdict.WARN
    return Verdict.ROUTE
