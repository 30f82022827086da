"""Close the loop for sessions that end without a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import define
from twisted.logger import Logger

from orgloop.config.model import ActorDefinition
from orgloop.delivery import Delivery
from orgloop.event import EventDraft
from orgloop.flow.intake import Intake
from orgloop.flow.ties import Ties
from orgloop.identity import lost_event_id
from orgloop.interfaces import IDeliveryQueue, IEventLog
from orgloop.sdk.lifecycle import VANISHED, Session, ended, lifecycle_draft
from orgloop.times import to_iso


@define(eq=False, kw_only=True)
class Lost:
    """Report that what an actor took on has not come to an end in time."""

    _log = Logger()

    project: str
    actors: Mapping[str, ActorDefinition]
    log: IEventLog
    queue: IDeliveryQueue
    intake: Intake
    ties: Ties
    now_ms: Callable[[], int]

    async def emit(self, delivery: Delivery) -> None:
        """Emit an ``actor.stopped`` for a delivery, unless there is one; expect none any more.

        Doing so again adds nothing: the event's id is made of the delivery's.
        """
        if not await self.ties.has_stopped(delivery):
            await self._emit(delivery)
        await self.queue.stop_seen([delivery.id])

    async def _emit(self, delivery: Delivery) -> None:
        self._log.info(
            "no end was seen of delivery {delivery} to {actor}: its session counts as lost",
            delivery=delivery.id,
            actor=delivery.actor,
        )
        records = await self.log.get_many(self.project, [delivery.event_seq])
        parent = records.get(delivery.event_seq)
        await self.intake.accept_effects(delivery.actor or "", [self._draft(delivery)], parent)

    def _draft(self, delivery: Delivery) -> EventDraft:
        actor = delivery.actor or ""
        known = self.actors.get(actor)
        platform = known.registration.id if known is not None else actor
        session = Session(
            id=delivery.tracking_id or delivery.id,
            adapter=platform,
            started_at=to_iso(delivery.settled_at or delivery.created_at),
            ended_at=to_iso(self.now_ms()),
        )
        provenance = {
            "author": actor,
            "author_type": "bot",
            "session_id": session.id,
            "delivery_id": delivery.id,
            "route": delivery.route,
        }
        if delivery.tracking_id is not None:
            provenance["tracking_id"] = delivery.tracking_id
        drafted = lifecycle_draft(platform, ended(session, VANISHED), provenance=provenance)
        return EventDraft(
            drafted.type,
            drafted.provenance,
            drafted.payload,
            id=lost_event_id(delivery.id),
        )
