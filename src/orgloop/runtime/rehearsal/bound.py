"""Bound what strangers' transforms take over an event, and say which one it was."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from operator import itemgetter
from typing import Any, Protocol, TypeVar

from orgloop.errors import OrgLoopError
from orgloop.flow.pipeline import Passage

T = TypeVar("T")


class Bound(Protocol):
    """Who lets work go on for so long and no longer."""

    async def __call__(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what ``work`` returns; raise `TimeoutError`, and cancel it, if it takes longer.

        Whoever waits hears of that before ``work`` is cancelled.
        """


class TooSlow(OrgLoopError):
    """A transform takes longer over an event than there is time; the message says which."""


async def unbounded(work: Coroutine[Any, Any, T]) -> T:
    """Wait as long as it takes; see `Bound`."""
    return await work


def waited_for(passages: Sequence[Passage]) -> str:
    """Name the transform that has not answered, or that took longest: they go stage by stage."""
    under_way = [one for one in passages if one.passes and len(one.steps) < len(one.stages)]
    if under_way:
        one = min(under_way, key=lambda one: len(one.steps))
        return f"transform {one.stages[len(one.steps)].name} of route {one.route.name}"
    steps = [(step.duration_ms, step.transform, one) for one in passages for step in one.steps]
    _, transform, one = max(steps, key=itemgetter(0))
    return f"transform {transform} of route {one.route.name}"
