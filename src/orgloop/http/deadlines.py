"""Close connections whose time is up, with one timer for all of them."""

from __future__ import annotations

from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

_PERIOD_SECONDS = 1.0


class Timed(Protocol):
    """Something that must have got on by its deadline."""

    deadline: float | None
    """On the clock given to `Deadlines`; `None` means that nobody waits."""

    def expire(self) -> None:
        """Do what is due; called again while the deadline is past."""


class Deadlines:
    """Look once a second who is late.

    A timer for each connection would have to be moved with each request, which costs more than the
    whole sweep. There is no timer while there is nobody to watch.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._watched: set[Timed] = set()
        self._call: IDelayedCall | None = None

    def __len__(self) -> int:
        return len(self._watched)

    def watch(self, timed: Timed) -> None:
        """Look after ``timed`` from now on."""
        self._watched.add(timed)
        if self._call is None:
            self._call = self._clock.callLater(_PERIOD_SECONDS, self._sweep)

    def forget(self, timed: Timed) -> None:
        """Stop looking after ``timed``."""
        self._watched.discard(timed)
        if not self._watched and self._call is not None:
            self._call.cancel()
            self._call = None

    def all(self) -> list[Timed]:
        """Return everything watched."""
        return list(self._watched)

    def _sweep(self) -> None:
        self._call = self._clock.callLater(_PERIOD_SECONDS, self._sweep)
        now = self._clock.seconds()
        for timed in self.all():
            if timed.deadline is not None and timed.deadline <= now:
                timed.expire()
