"""The steps of a graceful stop that are the runtime's, over as much of it as there is by then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from orgloop.daemon.step import Step
from orgloop.runtime.runtime import Runtime

# What is interrupted when the grace is over may have to end what it began: see `BoundedCall`.
_CLEANING_UP_SECONDS = 20.0
# Components are let go, and a database that has grown is folded together.
_SAVING_SECONDS = 30.0


@define(eq=False)
class WayOut:
    """Take a runtime out of service; one that was never opened needs none of it."""

    clock: IReactorTime
    grace_seconds: float
    runtime: Runtime | None = None
    """Set once it is open."""
    starting: Deferred[None] | None = None
    """The start, which is given up first."""
    stand_aside: Callable[[], Awaitable[None]] | None = None
    """Leaves connections to the process that comes next; for one whose sockets stay open."""
    _deadline: float = field(default=0.0, init=False)

    def steps(self) -> Iterable[Step]:
        """Return the first four of the six, in order."""
        return (
            Step("1 intake", self._stop_intake, True, self.grace_seconds + _CLEANING_UP_SECONDS),
            Step("2 drain", self._drain, True, self.grace_seconds + _CLEANING_UP_SECONDS),
            Step("3 loggers", self._flush_loggers, True),
            Step("4 storage", self._save, limit_seconds=_SAVING_SECONDS),
        )

    async def _stop_intake(self) -> None:
        self._deadline = self.clock.seconds() + self.grace_seconds
        if self.starting is not None:
            self.starting.cancel()
            await self.starting
        if self.stand_aside is not None:
            await self.stand_aside()
        if self.runtime is not None:
            await self.runtime.stop_intake(self._grace_left())

    async def _drain(self) -> None:
        if self.runtime is not None:
            await self.runtime.drain(self._grace_left())

    async def _flush_loggers(self) -> None:
        if self.runtime is not None:
            await self.runtime.flush_loggers()

    async def _save(self) -> None:
        if self.runtime is not None:
            await self.runtime.save()

    def _grace_left(self) -> float:
        return max(0.0, self._deadline - float(self.clock.seconds()))
