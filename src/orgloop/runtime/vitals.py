"""Feel the runtime's pulse: how late the reactor is, and whether the disk is back."""

from __future__ import annotations

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall

from orgloop.errors import StorageDamaged, StorageUnavailable
from orgloop.runtime.metrics import Metrics
from orgloop.runtime.outage import Outage
from orgloop.runtime.stores import Stores

_BEAT_SECONDS = 1.0


@define(eq=False)
class Vitals:
    """Look once a second; an idle runtime does nothing else."""

    clock: IReactorTime
    metrics: Metrics
    stores: Stores
    _loop: LoopingCall | None = field(default=None, init=False)
    _outage: Outage = field(init=False)
    _expected_at: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        self._outage = Outage(self.clock)

    def start(self) -> None:
        """Begin to look."""
        self._expected_at = self.clock.seconds() + _BEAT_SECONDS
        self._loop = LoopingCall(self._beat)
        self._loop.clock = self.clock
        self._loop.start(_BEAT_SECONDS, now=False)

    def stop(self) -> None:
        """Look no more."""
        if self._loop is not None and self._loop.running:
            self._loop.stop()

    async def _beat(self) -> None:
        now = self.clock.seconds()
        self.metrics.reactor_lag_seconds(max(0.0, now - self._expected_at))
        self._expected_at = now + _BEAT_SECONDS
        if not self.stores.are_healthy:
            await self._probe()
            self._expected_at = self.clock.seconds() + _BEAT_SECONDS
        else:
            self._outage.is_over()

    async def _probe(self) -> None:
        """Find out whether the disk is back: without an event nobody else would write."""
        try:
            await self.stores.probe()
        except (StorageUnavailable, StorageDamaged) as error:
            self._outage.lasts(error)
        else:
            self._outage.is_over()
