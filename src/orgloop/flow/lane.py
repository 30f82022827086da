"""Hand deliveries to one actor: as many at a time as it takes, in order, again when they fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, evolve, field
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from orgloop.delivery import DeliveryResult, DeliveryState, Outcome
from orgloop.errors import PLUGIN_ERRORS, StorageUnavailable
from orgloop.flow.attempt import Attempts, BoundedCall, NeverDeliverable
from orgloop.flow.background import in_background, until_over
from orgloop.flow.books import Books
from orgloop.flow.queue_time import QueueTime
from orgloop.flow.retry import MAX_RETRY_AFTER_SECONDS
from orgloop.hidden import Hidden
from orgloop.interfaces import IActor, IDeliveryQueue, IEventLog
from orgloop.records import Claim, EventRecord

_PAUSE_SECONDS = 1.0  # between tries while the disk refuses


@define(eq=False, kw_only=True)
class Lane:
    """The way to one actor.

    Rows are claimed as there is room, so memory does not grow with what waits. The claim that
    follows the end of an attempt is asked for right behind its settlement and shares its commit.
    """

    _log = Logger()

    project: str
    actor_id: str
    concurrency: int
    log: IEventLog
    queue: IDeliveryQueue
    attempts: Attempts
    books: Books
    clock: IReactorTime
    now_ms: Callable[[], int]
    queue_time: QueueTime
    hidden: Hidden = Hidden()
    _actor: IActor | None = field(default=None, init=False)
    _in_flight: dict[int, BoundedCall | None] = field(factory=dict, init=False)
    _serving: set[Deferred[None]] = field(factory=set, init=False)
    _is_claiming: bool = field(default=False, init=False)
    _is_woken: bool = field(default=False, init=False)
    _is_stopping: bool = field(default=False, init=False)
    _is_interrupted: bool = field(default=False, init=False)
    _may_have_later: bool = field(default=True, init=False)
    _held_until: float = field(default=0.0, init=False)
    _alarm: IDelayedCall | None = field(default=None, init=False)

    @property
    def in_flight(self) -> int:
        """How many attempts are being made now."""
        return len(self._in_flight)

    def open(self, actor: IActor) -> None:
        """Begin to hand deliveries to ``actor``, which has started."""
        self._actor = actor
        self.wake()

    def wake(self) -> None:
        """Look for work: something was handed to the queue, fell due, or a slot is free."""
        self._is_woken = True
        if self._is_held:
            self._wake_in(self._held_until - self.clock.seconds())
        elif not self._is_claiming and self._has_room():
            self._is_claiming = True
            self._run(self._claim())

    def _has_room(self) -> bool:
        return (
            self._actor is not None
            and not self._is_stopping
            and not self._is_held
            and len(self._in_flight) < self.concurrency
        )

    @property
    def _is_held(self) -> bool:
        return self.clock.seconds() < self._held_until

    def _run(self, coroutine: Any) -> None:
        done = in_background(coroutine, self._log)
        self._serving.add(done)
        done.addBoth(lambda _: self._serving.discard(done))

    async def _claim(self) -> None:
        try:
            while self._is_woken and self._has_room():
                self._is_woken = False
                room = self.concurrency - len(self._in_flight)
                claims = await self.queue.claim(self.actor_id, room, self.queue_time())
                for claim in claims:
                    self._begin(claim)
                if len(claims) < room and not self._is_woken:
                    await self._set_alarm()
        except StorageUnavailable as error:
            self._log.debug("{actor} waits for the disk: {error}", actor=self.actor_id, error=error)
            self._wake_in(_PAUSE_SECONDS)
        finally:
            self._is_claiming = False

    async def _set_alarm(self) -> None:
        """Come back when the next row falls due, if there may be one."""
        if not self._may_have_later:
            return
        self._may_have_later = False
        try:
            due = await self.queue.next_due(self.actor_id)
        except StorageUnavailable:
            self._may_have_later = True
            raise
        if due is not None:
            self._may_have_later = True
            self._wake_in((due - self.queue_time()) / 1000)

    def _wake_in(self, seconds: float) -> None:
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        if self._is_stopping:
            return
        self._alarm = self.clock.callLater(max(seconds, 0.0), self.wake)

    def _begin(self, claim: Claim) -> None:
        self._in_flight[claim.row] = None
        self._run(self._serve(claim))

    async def _serve(self, claim: Claim) -> None:
        started_at = self.now_ms()
        record: EventRecord | None = None
        try:
            records = await self.log.get_many(self.project, [claim.event_seq])
            record = records.get(claim.event_seq)
            if record is None:
                raise NeverDeliverable("the event is no longer in the log")
            result = await self._attempt(claim, record)
        except StorageUnavailable:
            await self._put_back(claim)
            return
        except CancelledError:
            if self._is_interrupted:
                await self._put_back(claim)
                return
            result = DeliveryResult.error("the actor gave up by itself")
        except NeverDeliverable as error:
            never = DeliveryResult.error(str(error))
            await self._settle(claim, record, never, started_at, is_final=True)
            return
        except PLUGIN_ERRORS as error:
            result = DeliveryResult.error(_described(error))
        if self._is_interrupted and result.outcome is Outcome.ERROR:
            await self._put_back(claim)  # it was told to end: how it would have gone is not known
            return
        if record is not None and not await self._keep_effects(claim, record, result):
            del self._in_flight[claim.row]  # made again after the next start, effects and all
            return
        await self._settle(claim, record, result, started_at)

    async def _attempt(self, claim: Claim, record: EventRecord) -> DeliveryResult:
        if self._is_interrupted or self._actor is None:
            raise CancelledError
        self.books.began(claim, record)
        call = self._in_flight[claim.row] = self.attempts.begin(self._actor, claim, record)
        result: DeliveryResult = await call.outcome
        return result

    async def _keep_effects(
        self, claim: Claim, record: EventRecord, result: DeliveryResult
    ) -> bool:
        """Keep what the attempt gave rise to, before it is settled; false where that cannot be."""
        if not result.effects:
            return True
        return await self._until_kept(
            lambda: self.books.keep_effects(claim, record, result.effects)
        )

    async def _settle(
        self,
        claim: Claim,
        record: EventRecord | None,
        result: DeliveryResult,
        started_at: int,
        *,
        is_final: bool = False,
    ) -> None:
        if result.reason is not None:
            result = evolve(result, reason=self.hidden.conceal(result.reason))
        settlement = self.books.settlement(claim, result, started_at, is_final=is_final)
        if settlement.state is DeliveryState.WAITING:
            self._may_have_later = True
        if result.retry_after_seconds is not None and result.outcome is Outcome.ERROR:
            self._hold(result.retry_after_seconds)
        del self._in_flight[claim.row]
        kept = self.queue.settle(settlement)
        self.wake()
        if await self._until_kept(lambda: self.queue.settle(settlement), kept):
            self.books.ended(claim, record, result, settlement)

    async def _put_back(self, claim: Claim) -> None:
        """Let the row wait as if the attempt had not been made: its outcome is not known."""
        self._in_flight.pop(claim.row, None)
        self._may_have_later = True
        await self._until_kept(lambda: self.queue.release(claim.row, self.queue_time()))
        if not self._is_stopping:
            self._wake_in(_PAUSE_SECONDS)

    async def _until_kept(
        self, change: Callable[[], Any], first: Deferred[Any] | None = None
    ) -> bool:
        """Make a change to the books, again and again while the disk refuses.

        False when the grace of a stop ends first: what an attempt led to is then not known to the
        books, and it is made again after the next start.
        """
        pending = change() if first is None else first
        while True:
            try:
                await pending
                return True
            except StorageUnavailable as error:
                if self._is_interrupted:
                    self._log.warn(
                        "an outcome of {actor} is lost: {error}", actor=self.actor_id, error=error
                    )
                    return False
                await deferLater(self.clock, _PAUSE_SECONDS)
                pending = change()

    def _hold(self, seconds: float) -> None:
        """Leave the actor alone, as it asked."""
        pause = min(seconds, MAX_RETRY_AFTER_SECONDS)
        self._held_until = max(self._held_until, self.clock.seconds() + pause)
        self._wake_in(pause)

    async def stop(self) -> None:
        """Start nothing new and return when the attempts in flight have ended."""
        self._is_stopping = True
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        while self._serving:
            await gatherResults([until_over(done) for done in self._serving])

    def interrupt(self) -> None:
        """End the attempts in flight; their deliveries wait, and the attempts count for nothing."""
        self._is_interrupted = True
        for call in list(self._in_flight.values()):
            if call is not None:
                call.interrupt()


def _described(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, TimeoutError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
