"""The clock by which deliveries fall due."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from orgloop.records import NotedTime


@define(eq=False)
class QueueTime:
    """Milliseconds that begin as wall clock and then run by the monotonic clock.

    Setting the wall clock neither holds a delivery up nor hurries it, and neither does a restart:
    queue time goes on from the latest that was kept (`IDeliveryQueue.latest`), by as much as the
    wall clock says has passed since.
    """

    _clock: IReactorTime
    _wall_ms: Callable[[], int]
    _latest: NotedTime | None = None
    _began_at: float = field(init=False)
    _began_ms: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._began_at = self._clock.seconds()
        wall = self._wall_ms()
        latest = self._latest or NotedTime(wall, wall)
        self._began_ms = latest.queue_ms + max(0, wall - latest.wall_ms)

    def __call__(self) -> int:
        """Return the current queue time."""
        return self._began_ms + round((self._clock.seconds() - self._began_at) * 1000)

    def noted(self) -> NotedTime:
        """Return the current queue time as it is kept."""
        return NotedTime(self(), self._wall_ms())

    @property
    def ahead_ms(self) -> int:
        """How far it is ahead of the wall clock now; negative if it is behind."""
        return self() - self._wall_ms()

    def as_wall(self, moment: int) -> int:
        """Return what the wall clock shows when queue time is ``moment``, if nobody sets it."""
        return moment - self.ahead_ms
