"""Watch the wall clock against one that nobody can set, and keep queue time on disk."""

from __future__ import annotations

from contextlib import suppress

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from orgloop.errors import StorageUnavailable
from orgloop.flow.queue_time import QueueTime
from orgloop.interfaces import IDeliveryQueue

_LOOK_SECONDS = 5.0
_NOTE_SECONDS = 60.0
_JUMP_MS = 60_000
STEADY_SECONDS = 3600.0
"""How long ages are not to be believed after a start, and after the wall clock was set."""


@define(eq=False, kw_only=True)
class Timekeeper:
    """The time of one project.

    Queue time is kept at the start, once a minute, at once when the wall clock jumps, and at the
    end, so that what falls due does so after a restart whatever the wall clock shows then.
    """

    _log = Logger()

    queue: IDeliveryQueue
    queue_time: QueueTime
    clock: IReactorTime
    _steady_since: float = field(init=False)
    _ahead_ms: int = field(init=False)
    """How far queue time was ahead of the wall clock when that was last set."""
    _noted_at: float = field(default=0.0, init=False)
    _loop: LoopingCall | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._steady_since = self.clock.seconds()
        self._ahead_ms = self.queue_time.ahead_ms

    @property
    def is_steady(self) -> bool:
        """Whether the wall clock has run like the monotonic one for an hour; ages can be told."""
        self._look()
        return self.clock.seconds() - self._steady_since >= STEADY_SECONDS

    def start(self) -> None:
        """Keep the time and begin to watch. Nothing may have fallen due before."""
        self._note()
        self._loop = LoopingCall(self._beat)
        self._loop.clock = self.clock
        self._loop.start(_LOOK_SECONDS, now=False)

    async def stop(self) -> None:
        """Watch no more, and keep the time once more."""
        if self._loop is not None and self._loop.running:
            self._loop.stop()
        with suppress(StorageUnavailable):
            await self.queue.note_time(self.queue_time.noted())

    def _beat(self) -> None:
        if self._look() or self.clock.seconds() - self._noted_at >= _NOTE_SECONDS:
            self._note()

    def _look(self) -> bool:
        """Say whether the wall clock has jumped since the last time it did."""
        jump_ms = self._ahead_ms - self.queue_time.ahead_ms
        if abs(jump_ms) <= _JUMP_MS:
            return False
        self._ahead_ms = self.queue_time.ahead_ms
        self._steady_since = self.clock.seconds()
        self._log.warn(
            "the wall clock jumped by {seconds} s; nothing is pruned for an hour",
            seconds=round(jump_ms / 1000),
        )
        return True

    def _note(self) -> None:
        self._noted_at = self.clock.seconds()
        noted: Deferred[None] = self.queue.note_time(self.queue_time.noted())
        noted.addErrback(self._not_noted)

    def _not_noted(self, failure: Failure) -> None:
        failure.trap(StorageUnavailable)  # that is said elsewhere; the next minute tries again
