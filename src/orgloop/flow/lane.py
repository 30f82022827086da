"""Hand deliveries to one actor: as many at a time as it takes, in order, again when they fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from orgloop.errors import StorageUnavailable
from orgloop.flow.attempt import seqs_of
from orgloop.flow.background import in_background, until_over
from orgloop.flow.circuit import Circuit, Turn
from orgloop.flow.errand import Errand, Went
from orgloop.flow.outcomes import Outcomes
from orgloop.flow.persistence import PAUSE_SECONDS
from orgloop.flow.queue_time import QueueTime
from orgloop.flow.rates import Ask, Rates
from orgloop.flow.retry import MAX_RETRY_AFTER_SECONDS
from orgloop.interfaces import IActor, IDeliveryQueue, IEventLog
from orgloop.records import Claim, EventRecord

_LEAST_SLEEP_SECONDS = 0.01  # for what is due and still cannot be claimed


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
    circuit: Circuit
    rates: Rates
    outcomes: Outcomes
    errand: Callable[[Claim, Mapping[int, EventRecord]], Errand]
    """Makes the attempt that a claim allows."""
    waiting: Callable[[], bool]
    """Whether any delivery waits for the actor, from memory."""
    clock: IReactorTime
    queue_time: QueueTime
    _actor: IActor | None = field(default=None, init=False)
    _in_flight: dict[int, Errand] = field(factory=dict, init=False)
    _serving: set[Deferred[None]] = field(factory=set, init=False)
    _is_claiming: bool = field(default=False, init=False)
    _is_woken: bool = field(default=False, init=False)
    _is_stopping: bool = field(default=False, init=False)
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

    # --- claiming

    async def _claim(self) -> None:
        try:
            while self._is_woken and self._has_room():
                self._is_woken = False
                if not await self._claim_once() and not self._is_woken:
                    await self._set_alarm()
        except StorageUnavailable as error:
            self._log.debug("{actor} waits for the disk: {error}", actor=self.actor_id, error=error)
            self._wake_in(PAUSE_SECONDS)
        finally:
            self._is_claiming = False

    async def _claim_once(self) -> bool:
        """Claim what may go now; say whether there may be more of it."""
        turn = self.circuit.turn()
        if turn is None:
            return False
        room = 1 if turn.is_probe else self.concurrency - len(self._in_flight)
        for ask in self.rates.asks(room):
            if self.circuit.turn() != turn or self._is_stopping:
                break
            claims = await self._asked(ask, turn)
            await self._begin(claims, turn)
            if len(claims) == ask.limit or turn.passing:
                self._is_woken = True
        return self._is_woken

    async def _asked(self, ask: Ask, turn: Turn) -> list[Claim]:
        claims: list[Claim] = await self.queue.claim(
            self.actor_id,
            ask.limit,
            self.queue_time(),
            gates=ask.gates,
            ungated=ask.ungated,
            passing=turn.passing,
        )
        self.rates.spend(claims)
        return claims

    async def _begin(self, claims: Sequence[Claim], turn: Turn) -> None:
        """Begin the attempts, unless the circuit has opened or a stop has begun meanwhile."""
        try:
            records = await self._records(claims)
        except StorageUnavailable:
            self._put_back(claims)
            raise
        rows = [claim.row for claim in claims]
        is_over = self._is_stopping or self.outcomes.persistence.has_ended
        if not self.circuit.admits(turn, rows) or is_over:
            self._put_back(claims)
            return
        for claim in claims:
            self._in_flight[claim.row] = self.errand(claim, records)
            self._run(self._serve(self._in_flight[claim.row]))

    async def _records(self, claims: Sequence[Claim]) -> Mapping[int, EventRecord]:
        """Read all events of a round together."""
        seqs = [seq for claim in claims for seq in seqs_of(claim)]
        return await self.log.get_many(self.project, seqs) if seqs else {}

    async def _set_alarm(self) -> None:
        """Come back when something may be claimed that may not be claimed now."""
        if self.circuit.turn() is None:
            if self.circuit.state == "open":  # else a probe is under way, and its end wakes
                self._wake_in(self.circuit.retry_in_seconds or 0.0)
        elif self.waiting():
            if self.rates.stand_at(await self.queue.gates(self.actor_id)):
                self._is_woken = True
            elif moments := await self._moments():
                self._wake_in(max(min(moments), _LEAST_SLEEP_SECONDS))

    async def _moments(self) -> list[float]:
        """Return in how many seconds there may be something to claim."""
        ask, moments = self.rates.waits()
        if ask.gates or ask.ungated:
            due = await self.queue.next_due(self.actor_id, ask.gates, ungated=ask.ungated)
            if due is not None:
                moments.append((due - self.queue_time()) / 1000)
        return moments

    def _wake_in(self, seconds: float) -> None:
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        if self._is_stopping:
            return
        self._alarm = self.clock.callLater(max(seconds, 0.0), self.wake)

    # --- attempts

    async def _serve(self, errand: Errand) -> None:
        actor, row = self._actor, errand.claim.row
        went = await errand.run(actor) if actor is not None else None
        if went is None:
            del self._in_flight[row]
            self._put_back([errand.claim])
        elif await self.outcomes.keep_effects(errand, went):
            await self._settle(errand, went)
        else:
            del self._in_flight[row]  # made again after the next start, effects and all

    async def _settle(self, errand: Errand, went: Went) -> None:
        if went.is_error and went.result.retry_after_seconds is not None:
            self._hold(went.result.retry_after_seconds)
        del self._in_flight[errand.claim.row]
        settling = self.outcomes.settle(errand, went)
        self.wake()
        await settling

    def _put_back(self, claims: Sequence[Claim]) -> None:
        """Let rows wait as if the attempt had not been made: its outcome is not known."""
        for claim in claims:
            self.circuit.unknown(claim.row)
            self._run(self._released(claim))

    async def _released(self, claim: Claim) -> None:
        await self.outcomes.release(claim.row)
        if not self._is_stopping:
            self._wake_in(PAUSE_SECONDS)

    def _hold(self, seconds: float) -> None:
        """Leave the actor alone, as it asked."""
        pause = min(seconds, MAX_RETRY_AFTER_SECONDS)
        self._held_until = max(self._held_until, self.clock.seconds() + pause)
        self._wake_in(pause)

    # --- the end

    async def stop(self) -> None:
        """Start nothing new and return when the attempts in flight have ended."""
        self._is_stopping = True
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        while self._serving:
            await gatherResults([until_over(done) for done in self._serving])

    def interrupt(self) -> None:
        """End the attempts in flight; their deliveries wait, and the attempts count for nothing."""
        self.outcomes.persistence.end()
        for errand in list(self._in_flight.values()):
            errand.interrupt()
