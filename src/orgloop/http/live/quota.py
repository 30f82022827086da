"""Bound how many entries somebody is told in a second."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field


@define
class Quota:
    """So many in each second of a clock, the first ones; `None` is as many as there are."""

    _most: int | None
    _now: Callable[[], float] = field(repr=False)
    _second: int = field(default=-1, init=False)
    _taken: int = field(default=0, init=False)

    def take(self) -> bool:
        """Take one, and say whether there was one left."""
        if self._most is None:
            return True
        second = int(self._now())
        if second != self._second:
            self._second, self._taken = second, 0
        if self._taken >= self._most:
            return False
        self._taken += 1
        return True
