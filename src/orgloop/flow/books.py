"""Write down how attempts go: settle, retry, keep effects, and tell of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from attrs import define, evolve
from twisted.logger import Logger

from orgloop.delivery import Delivery, DeliveryResult, DeliveryState, Outcome
from orgloop.errors import InvalidEvent
from orgloop.event import EventDraft
from orgloop.flow.audit import Audit
from orgloop.flow.counting import Counting
from orgloop.flow.intake import Intake
from orgloop.flow.queue_time import QueueTime
from orgloop.flow.retry import MAX_RETRY_AFTER_SECONDS, RetryPolicy
from orgloop.flow.route import Route
from orgloop.flow.tell import Tell
from orgloop.identity import caused_event_id
from orgloop.records import Claim, EventRecord, Settlement

_STATE_OF = {
    Outcome.DELIVERED: DeliveryState.DELIVERED,
    Outcome.ACCEPTED: DeliveryState.DELIVERED,
    Outcome.REJECTED: DeliveryState.REJECTED,
    Outcome.SKIPPED: DeliveryState.SKIPPED,
}
_PHASE_OF = {
    DeliveryState.DELIVERED: "deliver.success",
    DeliveryState.REJECTED: "deliver.rejected",
    DeliveryState.SKIPPED: "deliver.skipped",
    DeliveryState.DEAD: "deliver.dead",
    DeliveryState.WAITING: "deliver.retry",
}


@define(eq=False, kw_only=True)
class Books:
    """Turn an actor's answers into entries of the queue, the log, metrics and observers."""

    _log = Logger()

    intake: Intake
    routes: Mapping[str, Route]
    now_ms: Callable[[], int]
    queue_time: QueueTime
    random: Random
    tell: Tell
    counting: Counting
    audit: Audit
    taken_on: Callable[[Claim, Settlement], None]
    """Called with a delivery that an actor took, once that is kept."""

    def began(self, claim: Claim, records: Mapping[int, EventRecord]) -> None:
        """Tell that an attempt begins."""
        self._tell("deliver.attempt", claim, records.get(claim.event_seq))

    async def keep_effects(
        self, claim: Claim, record: EventRecord, effects: Sequence[EventDraft]
    ) -> None:
        """Append what an attempt gave rise to; doing so again adds nothing.

        What is no event is warned of and left out.
        """
        for position, draft in enumerate(effects):
            named = evolve(draft, id=caused_event_id(claim.id, claim.attempt, position))
            try:
                await self.intake.accept_effects(claim.actor, [named], record)
            except InvalidEvent as error:
                self._log.warn(
                    "{actor} answered with an event that is none: {error}",
                    actor=claim.actor,
                    error=error,
                )

    def is_last(self, claim: Claim) -> bool:
        """Whether this attempt is the last that its delivery has."""
        return claim.spent >= self._policy(claim.route).max_attempts

    def settlement(
        self,
        claim: Claim,
        result: DeliveryResult,
        started_at: int,
        *,
        is_final: bool = False,
        may_die: bool = True,
    ) -> Settlement:
        """Decide what an answer makes of a delivery: settled, or waiting for its next attempt.

        ``is_final``: it can never be delivered. One that is out of attempts and may not die, since
        its actor is away, waits and is due at once.
        """
        state = _STATE_OF.get(result.outcome)
        due_at = None
        if state is None:
            is_last = self.is_last(claim)
            is_dead = is_final or (is_last and may_die)
            state = DeliveryState.DEAD if is_dead else DeliveryState.WAITING
            delay = 0.0 if is_last else self._delay_seconds(claim, result)
            due_at = None if is_dead else self.queue_time() + round(1000 * delay)
        return Settlement(
            row=claim.row,
            state=state,
            now=self.now_ms(),
            started_at=started_at,
            outcome=result.outcome,
            due_at=due_at,
            error=result.reason,
            tracking_id=result.tracking_id,
            deadline=self._deadline(claim, result),
        )

    def _deadline(self, claim: Claim, result: DeliveryResult) -> int | None:
        """Return until when a stop of what the actor took on is expected."""
        known = self.routes.get(claim.route)
        patience = known.settings.expect_stop if known else None
        if patience is None or _STATE_OF.get(result.outcome) is not DeliveryState.DELIVERED:
            return None
        if any(effect.type == "actor.stopped" for effect in result.effects):
            return None
        return self.queue_time() + patience.milliseconds

    def _policy(self, route: str) -> RetryPolicy:
        known = self.routes.get(route)
        return RetryPolicy.of(known.settings.retry) if known else RetryPolicy()

    def _delay_seconds(self, claim: Claim, result: DeliveryResult) -> float:
        asked = min(result.retry_after_seconds or 0.0, MAX_RETRY_AFTER_SECONDS)
        return max(asked, self._policy(claim.route).delay_seconds(claim.spent, self.random))

    def died(self, delivery: Delivery, record: EventRecord | None = None) -> None:
        """Count and tell of a delivery that became a dead letter while it waited."""
        self.audit.settle(delivery, record)

    def ended(
        self,
        claim: Claim,
        record: EventRecord | None,
        result: DeliveryResult,
        settlement: Settlement,
    ) -> None:
        """Count and tell how an attempt ended, once that is kept."""
        seconds = max(0, settlement.now - settlement.started_at) / 1000
        self.counting.delivery_seconds(claim.actor, seconds)
        if result.outcome is Outcome.ERROR:
            self._tell(
                "deliver.failure",
                claim,
                record,
                duration_ms=seconds * 1000,
                error=result.reason,
            )
        if settlement.state is not DeliveryState.WAITING:
            self.counting.delivery(claim.route, claim.actor, settlement.state)
            accepted_for = max(0, settlement.now - claim.accepted_at) / 1000
            self.counting.pipeline_seconds(claim.route, accepted_for)
        self._tell(
            _PHASE_OF[settlement.state],
            claim,
            record,
            duration_ms=seconds * 1000,
            result=result.outcome,
            error=result.reason,
        )
        if settlement.state is not DeliveryState.WAITING and self.tell.is_heard:
            self.audit.record(self._as_delivery(claim, settlement), record)
        if settlement.state is DeliveryState.DELIVERED:
            self.taken_on(claim, settlement)

    async def merged(self, claim: Claim) -> None:
        """Count and tell of what went out with a delivery that has settled."""
        known = self.routes.get(claim.route)
        if claim.members or (known is not None and known.merges):
            await self.audit.merged_into([claim.id])

    def _as_delivery(self, claim: Claim, settlement: Settlement) -> Delivery:
        return Delivery(
            id=claim.id,
            event_id=claim.event_id,
            event_seq=claim.event_seq,
            project=self.tell.project,
            route=claim.route,
            actor=claim.actor,
            state=settlement.state,
            attempts=claim.attempt,
            accepted_at=claim.accepted_at,
            created_at=claim.created_at,
            settled_at=settlement.now,
            error=settlement.error,
            tracking_id=settlement.tracking_id,
            replay=claim.replay,
            is_batch=bool(claim.members),
            prompt_file=claim.prompt.file if claim.prompt is not None else None,
            prompt_digest=claim.prompt.digest if claim.prompt is not None else None,
        )

    def _tell(
        self, phase: str, claim: Claim, record: EventRecord | None, **details: object
    ) -> None:
        if record is None:
            details["event_id"] = claim.event_id
        self.tell(
            phase,
            record,
            route=claim.route,
            target=claim.actor,
            attempt=claim.attempt,
            **details,
        )
