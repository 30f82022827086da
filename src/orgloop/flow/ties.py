"""Tie what an actor took on to the end of it, in whichever order the two become known.

A delivery that was accepted has a tracking id, and so has, in its provenance, the event that
reports the end of the work. Whichever is durable second looks for the other; what a crash keeps
from looking is looked for after the next start.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from orgloop.delivery import Delivery
from orgloop.event import Event
from orgloop.flow.rounds import Rounds
from orgloop.interfaces import IDeliveryQueue, IEventLog
from orgloop.records import EventRecord, NewEvent, tracking_id_of

_MOST_UNTIED = 1_000  # looked at after a start


@define(eq=False, kw_only=True)
class Ties:
    """Find the delivery of an event, and the events of a delivery."""

    project: str
    log: IEventLog
    queue: IDeliveryQueue
    actors: Collection[str]
    clock: IReactorTime
    _events: deque[str] = field(factory=deque, init=False)
    """Ids of events to be looked at, and in `_deliveries` of deliveries."""
    _deliveries: deque[str] = field(factory=deque, init=False)
    _is_caught_up: bool = field(default=False, init=False)
    rounds: Rounds = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rounds = Rounds("tying events to their causes", self.clock, self._look)

    async def parent_of(self, event: Event) -> EventRecord | None:
        """Return the event whose delivery was accepted under the tracking id of this one."""
        tracking_id = tracking_id_of(event)
        if tracking_id is None:
            return None
        return await self._event_of(await self.queue.expecting(tracking_id, None))

    # --- whichever is second

    def appended(self, entries: Sequence[NewEvent], *, are_effects: bool = False) -> None:
        """Take notice of events that are durable now; the tie is made in the background.

        An effect belongs to the delivery that gave rise to it, and ends no other's wait for a stop.
        """
        for entry in entries:
            is_stop = entry.event.type == "actor.stopped" and not are_effects
            if entry.tracking_id is not None or (is_stop and entry.parent is not None):
                self._events.append(entry.event.id)
                self.rounds.ring()

    def accepted(self, delivery_id: str) -> None:
        """Take notice of a delivery that an actor took on under a tracking id; that is durable."""
        self._deliveries.append(delivery_id)
        self.rounds.ring()

    async def has_stopped(self, delivery: Delivery) -> bool:
        """Whether the log holds the end of what an actor took on."""
        found = await self.log.effects_of(self.project, delivery.event_id)
        if delivery.tracking_id is not None:
            found += await self.log.tracked(self.project, delivery.tracking_id)
        return any(self._ends(record, delivery) for record in found)

    # --- looking

    async def _look(self) -> None:
        """Look at what was noticed; it leaves its line once it has been looked at."""
        if not self._is_caught_up:
            await self._catch_up()
            self._is_caught_up = True
        while self._events and not self.rounds.is_over:
            await self._look_at(self._events[0])
            self._events.popleft()
        while self._deliveries and not self.rounds.is_over:
            await self._tie_events_of(self._deliveries[0])
            self._deliveries.popleft()

    async def _catch_up(self) -> None:
        """Look at what an earlier run missed."""
        for record in await self.log.untied(self.project, _MOST_UNTIED):
            await self._look_at(record.id)

    async def _look_at(self, event_id: str) -> None:
        """Tie one event to its delivery, and end the wait for a stop if it is one."""
        record = await self.log.get(self.project, event_id)
        if record is None:
            return
        deliveries = await self._deliveries_of(record)
        await self._tie(record, deliveries)
        await self._end_waiting(record, deliveries)

    async def _deliveries_of(self, record: EventRecord) -> list[Delivery]:
        if record.tracking_id is not None:
            found = await self.queue.expecting(record.tracking_id, None)
            return [one for one in found if one.event_seq < record.seq]
        parent = await self.log.get(self.project, record.parent) if record.parent else None
        return [] if parent is None else list(await self.queue.expecting(None, parent.seq))

    async def _tie_events_of(self, delivery_id: str) -> None:
        delivery = await self.queue.get(delivery_id)
        if delivery is None or delivery.tracking_id is None:
            return
        for record in await self.log.tracked(self.project, delivery.tracking_id):
            if record.seq > delivery.event_seq:
                await self._tie(record, [delivery])
                await self._end_waiting(record, [delivery])

    async def _tie(self, record: EventRecord, deliveries: Sequence[Delivery]) -> None:
        if record.parent is None and (parent := await self._event_of(deliveries)) is not None:
            await self.log.tie(self.project, record.id, parent)

    async def _event_of(self, deliveries: Sequence[Delivery]) -> EventRecord | None:
        """Return the event of the newest delivery whose event is still held."""
        for delivery in deliveries:
            found = await self.log.get_many(self.project, [delivery.event_seq])
            if delivery.event_seq in found:
                return found[delivery.event_seq]
        return None

    async def _end_waiting(self, record: EventRecord, deliveries: Sequence[Delivery]) -> None:
        ended = [one.id for one in deliveries if self._ends(record, one)]
        if ended:
            await self.queue.stop_seen(ended)

    def _ends(self, record: EventRecord, delivery: Delivery) -> bool:
        """Whether an event is the end of what an actor took on with a delivery.

        By tracking id if the event has one: then it is younger than what was delivered, as sessions
        stop more than once. By its cause otherwise; an actor ends what it was given itself.
        """
        if record.type != "actor.stopped" or record.seq <= delivery.event_seq:
            return False
        if delivery.replay > 0 and record.accepted_at < delivery.created_at:
            return False
        if record.tracking_id is not None:
            return record.tracking_id == delivery.tracking_id
        if record.source in self.actors and record.source != delivery.actor:
            return False
        return record.is_damaged or _is_of(record.event, delivery)


def _is_of(event: Event, delivery: Delivery) -> bool:
    """Whether an event that names the delivery it ends, if it does, names this one."""
    return bool(event.provenance.get("delivery_id", delivery.id) == delivery.id)
