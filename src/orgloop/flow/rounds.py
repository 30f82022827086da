"""Look for work again and again: when there may be some, and while the disk refuses."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from orgloop.errors import StorageUnavailable
from orgloop.flow.background import in_background
from orgloop.flow.bell import Bell

_PAUSE_SECONDS = 1.0  # between tries while the disk refuses


@define(eq=False)
class Rounds:
    """Call ``look`` once, and once more after each `ring`, never twice at a time.

    It does all there is to do, and stops where it can when `is_over`. One that ends with
    `StorageUnavailable` is called again after a second.
    """

    _log = Logger()

    _what: str
    """Who it is, for the log: ``routing``."""
    _clock: IReactorTime
    _look: Callable[[], Coroutine[Deferred[Any], Any, None]]
    is_over: bool = field(default=False, init=False)
    _bell: Bell = field(factory=Bell, init=False)
    _running: Deferred[None] | None = field(default=None, init=False)

    def start(self) -> None:
        """Begin with what an earlier run has left."""
        self._running = in_background(self._run(), self._log)

    def ring(self) -> None:
        """Say that there may be something to do."""
        self._bell.ring()

    async def stop(self) -> None:
        """Return when the call under way has ended; the rest is done after the next start."""
        self.is_over = True
        self._bell.ring()
        if self._running is not None:
            await self._running

    def cancel(self) -> None:
        """Cancel the call under way, and make no other."""
        if self._running is not None:
            self._running.cancel()

    async def _run(self) -> None:
        while not self.is_over:
            try:
                await self._look()
            except StorageUnavailable as error:
                self._log.debug("{what} waits for the disk: {error}", what=self._what, error=error)
                await deferLater(self._clock, _PAUSE_SECONDS)
                continue
            await self._bell.wait()
