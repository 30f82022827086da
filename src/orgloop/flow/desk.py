"""What people and agents do with the books: retry, discard, release, replay, drain."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from attrs import define, frozen
from twisted.logger import Logger

from orgloop.config.model import RouteDefinition
from orgloop.delivery import Delivery, DeliveryState
from orgloop.errors import DamagedEvent
from orgloop.event import Event
from orgloop.flow.audit import Audit
from orgloop.flow.inbox import LEASE_MS
from orgloop.flow.matching import RouteIndex
from orgloop.flow.queue_time import QueueTime
from orgloop.flow.waking import Waking
from orgloop.identity import RUNTIME_NAME, random_lease
from orgloop.interfaces import IDeliveryQueue, IEventLog
from orgloop.records import Again, Claim, EventRecord
from orgloop.times import to_iso

_MOST_HANDED_OUT = 50  # where the inbox's route is gone and says nothing


@frozen
class Handout:
    """What an agent takes out of its inbox."""

    events: Sequence[Event]
    lease: str | None
    """What acknowledges it; `None` if there was nothing."""
    remaining: int
    settled: int
    """How many of the handout before count as delivered now."""


@define(eq=False, kw_only=True)
class Desk:
    """Change the books of one project on somebody's word.

    What was changed is returned as it is now; deliveries in another state are left as they are.
    Raises `StorageUnavailable`: nothing was changed then.
    """

    _log = Logger()

    project: str
    routes: Mapping[str, RouteDefinition]
    index: RouteIndex
    log: IEventLog
    queue: IDeliveryQueue
    queue_time: QueueTime
    now_ms: Callable[[], int]
    waking: Waking
    audit: Audit

    async def retry(self, ids: Sequence[str]) -> list[Delivery]:
        """Let dead letters go out again, at the end of their order, with all their attempts."""
        return await self._let_go(await self.queue.reopen(ids, self.queue_time()))

    async def release(self, ids: Sequence[str]) -> list[Delivery]:
        """Let deliveries go on that a guard holds."""
        return await self._let_go(await self.queue.unhold(ids, self.queue_time()))

    async def discard(self, ids: Sequence[str]) -> list[Delivery]:
        """Throw away dead letters, and what is neither in flight nor handed out."""
        discarded: list[Delivery] = await self.queue.discard(ids, self.now_ms())
        self._wake_lanes(discarded)
        await self.audit.settled(discarded)
        return discarded

    async def replay(
        self, record: EventRecord, routes: Collection[str] = (), *, dry_run: bool = False
    ) -> list[tuple[str, str | None]]:
        """Send an event once more along the routes that want it; of these ``routes``, if any.

        Returns each route with the id of its new delivery, `None` in a dry run. A notification goes
        nowhere, as its inbox has moved on; nor does an event that is damaged.
        """
        chosen = [one for one in self._wanted(record) if not routes or one.name in routes]
        if dry_run or not chosen:
            return [(one.name, None) for one in chosen]
        made = await self.queue.again([self._again(record, one) for one in chosen])
        for route in chosen:
            self.audit.tell("route.match", record, route=route.name, target=route.actor)
            self.waking.route(route.name)
        return [(route.name, one) for route, one in zip(chosen, made, strict=True)]

    def _wanted(self, record: EventRecord) -> list[RouteDefinition]:
        if record.source == RUNTIME_NAME:
            return []
        try:
            return self.index.find(record.event)
        except DamagedEvent as error:
            self._log.warn("this cannot be replayed: {error}", error=error)
            return []

    def _again(self, record: EventRecord, route: RouteDefinition) -> Again:
        return Again(
            event_id=record.id,
            event_seq=record.seq,
            route=route.name,
            actor=route.actor,
            accepted_at=record.accepted_at,
            created_at=self.now_ms(),
        )

    # --- inboxes

    async def drain(self, session_key: str, limit: int | None) -> Handout:
        """Hand out the oldest events of an inbox for ten minutes; settle what was handed out.

        At most ``limit``, and at most as many as the route allows.
        """
        now = self.queue_time()
        most = await self._most(session_key)
        most = most if limit is None else min(most, limit)
        lease = random_lease()
        drained = await self.queue.drain(
            session_key, most, lease, now + LEASE_MS, now, settled_at=self.now_ms()
        )
        if drained.claims:
            self.waking.deadline(now + LEASE_MS)
        await self.audit.settled(drained.settled)
        return Handout(
            events=await self._events_of(drained.claims),
            lease=lease if drained.claims else None,
            remaining=drained.remaining,
            settled=len(drained.settled),
        )

    async def acknowledge(self, session_key: str, lease: str | None) -> int:
        """Settle what a lease handed out, any if it is `None`; say how many those were."""
        settled = await self.queue.acknowledge(session_key, lease, self.now_ms())
        self.waking.inboxes()
        await self.audit.settled(settled)
        return len(settled)

    async def _most(self, session_key: str) -> int:
        inbox = await self.queue.inbox(session_key)
        route = self.routes.get(inbox.route) if inbox is not None else None
        if route is None or route.inbox is None:
            return _MOST_HANDED_OUT
        return route.inbox.inbox_max_batch

    async def _events_of(self, claims: Sequence[Claim]) -> list[Event]:
        records = await self.log.get_many(self.project, [one.event_seq for one in claims])
        return [self._event_of(claim, records.get(claim.event_seq)) for claim in claims]

    def _event_of(self, claim: Claim, record: EventRecord | None) -> Event:
        """Return a claim's event, or one that says that it cannot be read: none is left out."""
        try:
            if record is None:
                raise DamagedEvent(f"event {claim.event_id} is no longer in the log")
            return record.event if claim.body is None else Event.from_bytes(claim.body)
        except DamagedEvent as error:
            self._log.warn("an inbox holds what cannot be read: {error}", error=error)
            return Event(
                id=claim.event_id,
                timestamp=to_iso(claim.accepted_at),
                source=record.source if record is not None else RUNTIME_NAME,
                type="message.received",
                provenance={"platform": RUNTIME_NAME, "platform_event": "event.damaged"},
                payload={"kind": "event.damaged", "error": str(error)},
            )

    # --- waking

    async def _let_go(self, deliveries: list[Delivery]) -> list[Delivery]:
        self._wake_lanes(deliveries)
        for route in {one.route for one in deliveries if one.state is DeliveryState.MATCHED}:
            self.waking.route(route or "")
        if any(one.state is DeliveryState.INBOX for one in deliveries):
            self.waking.inboxes()
            self.waking.deadline(self.queue_time())
        await self.audit.waits("deliver.queued", deliveries)
        return deliveries

    def _wake_lanes(self, deliveries: Sequence[Delivery]) -> None:
        """Wake the lanes of deliveries that wait, and of those that made way for others."""
        for actor in {one.actor for one in deliveries if one.actor is not None}:
            self.waking.actor(actor)
