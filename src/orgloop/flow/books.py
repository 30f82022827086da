"""Write down how attempts go: settle, retry, keep effects, and tell of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from attrs import define, evolve
from twisted.logger import Logger

from orgloop.delivery import DeliveryResult, DeliveryState, Outcome
from orgloop.errors import InvalidEvent
from orgloop.event import EventDraft
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

    def began(self, claim: Claim, record: EventRecord) -> None:
        """Tell that an attempt begins."""
        self._tell("deliver.attempt", claim, record)

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

    def settlement(
        self, claim: Claim, result: DeliveryResult, started_at: int, *, is_final: bool
    ) -> Settlement:
        """Decide what an answer makes of a delivery: settled, or waiting for its next attempt."""
        now = self.now_ms()
        state = _STATE_OF.get(result.outcome)
        due_at = None
        if state is None:
            policy = self._policy(claim.route)
            if is_final or claim.attempt >= policy.max_attempts:
                state = DeliveryState.DEAD
            else:
                state = DeliveryState.WAITING
                due_at = self.queue_time() + round(
                    1000 * self._delay_seconds(claim, result, policy)
                )
        return Settlement(
            row=claim.row,
            state=state,
            now=now,
            started_at=started_at,
            outcome=result.outcome,
            due_at=due_at,
            error=result.reason,
            tracking_id=result.tracking_id,
        )

    def _policy(self, route: str) -> RetryPolicy:
        known = self.routes.get(route)
        return RetryPolicy.of(known.settings.retry) if known else RetryPolicy()

    def _delay_seconds(self, claim: Claim, result: DeliveryResult, policy: RetryPolicy) -> float:
        asked = min(result.retry_after_seconds or 0.0, MAX_RETRY_AFTER_SECONDS)
        return max(asked, policy.delay_seconds(claim.attempt, self.random))

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
