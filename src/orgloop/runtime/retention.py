"""Let go of what is older than a project keeps it, in steps too small to be noticed."""

from __future__ import annotations

from collections.abc import Callable, Collection

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall, deferLater
from twisted.logger import Logger

from orgloop.errors import StorageDamaged, StorageUnavailable
from orgloop.flow.audit import Audit
from orgloop.flow.background import in_background
from orgloop.interfaces import IDeliveryQueue, IEventLog
from orgloop.runtime.timekeeper import Timekeeper

_REST_SECONDS = 600.0  # between two times that everything is gone through
_STEP_ROWS = 100
# Between two steps: what else there is to commit goes first, and has the disk most of the time.
_PAUSE_SECONDS = 0.02
_PAUSE_PER_STEP = 2.0
_TOO_OLD = "retention: it has waited for longer than events are kept"


class _NotNow(Exception):
    """The project stops, or ages cannot be told any more."""


@define(eq=False, kw_only=True)
class Retention:
    """Prune one project's queue, then the part of the event log that nothing there refers to.

    First what has waited for too long becomes a dead letter, and is kept for as long again. Nothing
    is done while the timekeeper doubts the wall clock.
    """

    _log = Logger()

    project: str
    actors: Collection[str]
    """Those the project has: what waits for another ages without having been tried."""
    keep_ms: int
    log: IEventLog
    queue: IDeliveryQueue
    timekeeper: Timekeeper
    clock: IReactorTime
    now_ms: Callable[[], int]
    audit: Audit
    wake_actor: Callable[[str], None]
    _started_at_ms: int = field(init=False)
    _loop: LoopingCall | None = field(default=None, init=False)
    _over: Deferred[LoopingCall] | None = field(default=None, init=False)
    _pause: Deferred[None] | None = field(default=None, init=False)
    _is_stopping: bool = field(default=False, init=False)
    _rested_at: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        self._started_at_ms = self.now_ms()

    def start(self) -> None:
        """Begin to look every ten minutes."""
        self._loop = LoopingCall(lambda: in_background(self._sweep(), self._log))
        self._loop.clock = self.clock
        self._over = self._loop.start(_REST_SECONDS, now=False)

    async def stop(self) -> None:
        """Begin nothing new and return when the step under way is done."""
        self._is_stopping = True
        if self._loop is None or self._over is None or not self._loop.running:
            return
        self._loop.stop()
        if self._pause is not None:
            self._pause.cancel()
        await self._over

    async def _sweep(self) -> None:
        if not self.timekeeper.is_steady:
            return
        before = self.now_ms() - self.keep_ms
        self._rested_at = self.clock.seconds()
        try:
            await self._give_up_the_aged(before)
            await self._forget_rows(before)
            await self._forget_events(before)
            while await self.queue.forget_memory(before, _STEP_ROWS):
                await self._rest()
        except _NotNow:
            self._log.debug("pruning {project} goes on later", project=self.project)
        except StorageUnavailable as error:
            self._log.debug("pruning waits for the disk: {error}", error=error)
        except StorageDamaged as error:
            self._log.error("{project} is not pruned: {error}", project=self.project, error=error)

    async def _rest(self) -> None:
        """Let others have the files; raise `_NotNow` if pruning is over for now."""
        took = self.clock.seconds() - self._rested_at
        self._pause = deferLater(self.clock, max(_PAUSE_SECONDS, _PAUSE_PER_STEP * took))
        try:
            await self._pause
        except CancelledError as cancelled:
            raise _NotNow from cancelled
        finally:
            self._pause = None
            self._rested_at = self.clock.seconds()
        if self._is_stopping or not self.timekeeper.is_steady:
            raise _NotNow

    async def _give_up_the_aged(self, before: int) -> None:
        is_over = False
        while not is_over:
            rows = await self.queue.aged(
                created_before=before,
                tried_since=self._started_at_ms,
                actors=self.actors,
                limit=_STEP_ROWS,
            )
            is_over = len(rows) < _STEP_ROWS
            ended = [self.queue.give_up(row, self.now_ms(), _TOO_OLD) for row in rows]
            # One that could not be kept is found again the next time.
            for is_kept, delivery in await DeferredList(ended, consumeErrors=True):
                if is_kept and delivery is not None:
                    self.audit.settle(delivery, None)
                    self.wake_actor(delivery.actor or "")  # the next in its line may go now
            await self._rest()

    async def _forget_rows(self, before: int) -> None:
        after = -1
        while True:
            rows, last = await self.queue.prunable(
                settled_before=before, after=after, limit=_STEP_ROWS
            )
            if rows:
                await self.queue.forget(rows)
            if last == after:
                return
            after = last
            await self._rest()

    async def _forget_events(self, before: int) -> None:
        routed = await self.queue.cursor()
        after = 0
        while seqs := await self.log.prunable(
            self.project, accepted_before=before, after=after, up_to=routed, limit=_STEP_ROWS
        ):
            referred = await self.queue.referred(seqs)
            gone = [seq for seq in seqs if seq not in referred]
            if gone:
                await self.log.forget(self.project, gone)
            after = seqs[-1]
            await self._rest()
