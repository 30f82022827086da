"""Keep how attempts ended, and what that says of the actor."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from attrs import define
from twisted.internet.defer import Deferred, gatherResults
from twisted.logger import Logger

from orgloop.delivery import DeliveryState
from orgloop.errors import StorageUnavailable
from orgloop.flow.background import in_background
from orgloop.flow.books import Books
from orgloop.flow.circuit import Circuit, Suspect
from orgloop.flow.errand import Errand, Went
from orgloop.flow.persistence import Lost, Persistence
from orgloop.flow.queue_time import QueueTime
from orgloop.flow.standing import Standing
from orgloop.interfaces import IDeliveryQueue, IEventLog
from orgloop.records import Settlement

_CIRCUIT = "circuit"


@define(eq=False, kw_only=True)
class Outcomes:
    """What becomes of the attempts of one actor.

    Whatever one attempt leads to is handed to the queue in one turn of the reactor, in the order in
    which it must happen, and so becomes durable together.
    """

    _log = Logger()

    project: str
    actor_id: str
    log: IEventLog
    queue: IDeliveryQueue
    books: Books
    circuit: Circuit
    standing: Standing
    persistence: Persistence
    queue_time: QueueTime

    def begin_open(self, reason: str) -> None:
        """Begin with the circuit open, as it was when an earlier run ended."""
        self.circuit.begin_open(reason)
        self.standing.was_away(_CIRCUIT, reason)

    async def keep_effects(self, errand: Errand, went: Went) -> bool:
        """Keep what an attempt gave rise to, before it is settled; false where that cannot be."""
        record, effects = errand.record, went.result.effects
        if record is None or not effects:
            return True
        try:
            await self.persistence.keep(
                lambda: Deferred.fromCoroutine(
                    self.books.keep_effects(errand.claim, record, effects)
                )
            )
        except Lost:
            return False
        return True

    def settle(self, errand: Errand, went: Went) -> Deferred[Any]:
        """Settle a delivery, or let it wait for its next attempt; fires when that is kept.

        All of it is asked of the queue before this returns: what the caller asks for next comes
        behind it.
        """
        was_closed = self.circuit.is_closed
        may_die, dead = self._judged(errand, went)
        settlement = self.books.settlement(
            errand.claim, went.result, errand.started_at, is_final=went.is_final, may_die=may_die
        )
        work = [self._settled(errand, went, settlement)]
        if dead is not None:
            work.append(self._given_up(dead))
        if self.circuit.is_closed != was_closed:
            work.append(self._noted())
        begun = [in_background(one, self._log) for one in work]
        return begun[0] if len(begun) == 1 else gatherResults(begun)

    def _judged(self, errand: Errand, went: Went) -> tuple[bool, Suspect | None]:
        """Say whether the delivery may die of this, and whether another one is dead because of it.

        What never got to the actor says nothing of it.
        """
        row = errand.claim.row
        if went.is_final:
            self.circuit.unknown(row)
            return True, None
        if not went.is_error:
            return True, self.circuit.answered(row)
        may_die = self.circuit.failed(
            row,
            went.reason,
            spent=errand.claim.spent,
            is_last=self.books.is_last(errand.claim),
            has_timed_out=went.has_timed_out,
            asks_to_wait=went.result.retry_after_seconds is not None,
        )
        return may_die, None

    async def _settled(self, errand: Errand, went: Went, settlement: Settlement) -> None:
        with suppress(Lost):
            await self.persistence.keep(lambda: self.queue.settle(settlement))
            self.books.ended(errand.claim, errand.record, went.result, settlement)
            if settlement.state is not DeliveryState.WAITING:
                await self.books.merged(errand.claim)

    async def _given_up(self, suspect: Suspect) -> None:
        """Make a dead letter of what failed although its actor is there."""
        with suppress(Lost, StorageUnavailable):
            delivery = await self.persistence.keep(
                lambda: self.queue.give_up(suspect.row, self.books.now_ms(), suspect.reason)
            )
            if delivery is not None:
                records = await self.log.get_many(self.project, [delivery.event_seq])
                self.books.died(delivery, records.get(delivery.event_seq))

    async def _noted(self) -> None:
        """Tell that the circuit has opened or closed, and keep it for the next run."""
        if self.circuit.is_closed:
            self.standing.is_back(_CIRCUIT)
        else:
            self.standing.is_away(_CIRCUIT, self.circuit.reason or "")
        with suppress(Lost):
            await self.persistence.keep(
                # What holds when it is tried: an older try that is late must not say otherwise.
                lambda: self.queue.note_degraded(self.actor_id, self.circuit.reason)
            )

    async def release(self, row: int) -> None:
        """Put a row back as if the attempt had not been made."""
        with suppress(Lost):
            await self.persistence.keep(lambda: self.queue.release(row, self.queue_time()))
