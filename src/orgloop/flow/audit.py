"""Tell whoever listens how deliveries ended, for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from attrs import define

from orgloop.delivery import Delivery, DeliveryState
from orgloop.errors import StorageUnavailable
from orgloop.flow.counting import Counting
from orgloop.flow.tell import Tell
from orgloop.interfaces import IDeliveryQueue, IEventLog
from orgloop.records import EventRecord

_MERGED = DeliveryState.MERGED
_PHASE_OF = {
    DeliveryState.DELIVERED: "deliver.success",
    DeliveryState.DEAD: "deliver.dead",
    _MERGED: "deliver.merged",
}


@define(eq=False)
class Audit:
    """The last word on each delivery: `record` for one, `settled` for those no attempt ended."""

    log: IEventLog
    queue: IDeliveryQueue
    tell: Tell
    counting: Counting

    def record(self, delivery: Delivery, record: EventRecord | None) -> None:
        """Tell everything that an audit asks of a delivery that has settled."""
        took = (delivery.settled_at or delivery.created_at) - delivery.created_at
        self._tell(
            "audit.record",
            delivery,
            record,
            duration_ms=max(0, took),
            result=str(delivery.state),
            error=delivery.error,
            metadata={
                "delivery_id": delivery.id,
                "attempts": delivery.attempts,
                "prompt_file": delivery.prompt_file,
                "prompt_digest": delivery.prompt_digest,
                "depth": record.depth if record is not None else None,
                "replay": delivery.replay,
                "tracking_id": delivery.tracking_id,
            },
        )

    async def settled(self, deliveries: Sequence[Delivery]) -> None:
        """Count and tell of deliveries that settled without an attempt just now."""
        records = await self.records_of(deliveries)
        for delivery in deliveries:
            self.settle(delivery, records.get(delivery.event_seq))
        await self.merged_into([one.id for one in deliveries if one.state is not _MERGED])

    async def merged_into(self, delivery_ids: Sequence[str]) -> None:
        """Count and tell of what settled together with the deliveries that carry it."""
        if not delivery_ids:
            return
        with suppress(StorageUnavailable):  # told of with less, as below
            await self.settled(await self.queue.merged(delivery_ids))

    def settle(self, delivery: Delivery, record: EventRecord | None) -> None:
        """Count and tell of one delivery that settled without an attempt just now."""
        self.counting.delivery(delivery.route or "", delivery.actor or "", delivery.state)
        if phase := _PHASE_OF.get(delivery.state):
            self._tell(phase, delivery, record, error=delivery.error)
        self.record(delivery, record)

    async def waits(self, phase: str, deliveries: Sequence[Delivery]) -> None:
        """Tell of deliveries that wait, or wait again."""
        records = await self.records_of(deliveries)
        for delivery in deliveries:
            record = records.get(delivery.event_seq)
            self._tell(phase, delivery, record, result=str(delivery.state))

    async def records_of(self, deliveries: Sequence[Delivery]) -> Mapping[int, EventRecord]:
        """Return the events of deliveries by sequence number, if there is anybody to tell."""
        if not deliveries or not self.tell.is_heard:
            return {}
        try:
            seqs = list({one.event_seq for one in deliveries})
            return await self.log.get_many(self.tell.project, seqs)
        except StorageUnavailable:
            return {}  # told of with less: what was done is kept

    def _tell(
        self, phase: str, delivery: Delivery, record: EventRecord | None, **details: object
    ) -> None:
        if record is None:
            details["event_id"] = delivery.event_id
        self.tell(
            phase,
            record,
            route=delivery.route,
            target=delivery.actor,
            attempt=delivery.attempts or None,
            **details,
        )
