"""What is asked of a queue: answered beside whoever writes it, from what is committed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orgloop.delivery import Delivery, DeliveryState
from orgloop.records import (
    Claim,
    DeliveryQuery,
    Inbox,
    Matched,
    NotedTime,
    Overdue,
    Recalled,
)
from orgloop.storage import (
    circuits,
    claims,
    deadlines,
    inbox_queries,
    memory,
    queue_queries,
    retention,
)
from orgloop.storage.queue_state import CountKey
from orgloop.storage.reader import Reader
from orgloop.storage.retention import Ageing
from orgloop.storage.worker import NewWorker


class QueueQuestions:
    """The half of `IDeliveryQueue` that changes nothing.

    One thread reads for the flow and another for people, so that no question of theirs holds it up.
    """

    def __init__(self, path: Path, project: str, new_worker: NewWorker) -> None:
        self.path = path
        self.project = project
        self._flow = Reader(path, new_worker(f"queue reads {project}"))
        self._queries = Reader(path, new_worker(f"queue queries {project}"))
        self._ageing = Ageing(self._queries)
        self._counts: dict[CountKey, int] = {}

    async def _close_readers(self) -> None:
        await self._flow.close()
        await self._queries.close()

    async def latest(self) -> NotedTime | None:
        """See `IDeliveryQueue.latest`."""
        return await self._flow.read(circuits.latest)

    async def matched(self, route: str, limit: int) -> list[Matched]:
        """See `IDeliveryQueue.matched`."""
        return await self._flow.read(queue_queries.matched, route, limit)

    async def matched_routes(self) -> list[str]:
        """See `IDeliveryQueue.matched_routes`."""
        return sorted(
            {
                route
                for _, route, state in self._counts
                if state == DeliveryState.MATCHED and route is not None
            }
        )

    async def recall(self, keys: Sequence[tuple[str, str]]) -> Recalled:
        """See `IDeliveryQueue.recall`."""
        if not keys:
            return {}
        return await self._flow.read(memory.recall, keys)

    async def next_due(
        self, actor: str, gates: Sequence[str] = (), *, ungated: bool = True
    ) -> int | None:
        """See `IDeliveryQueue.next_due`."""
        return await self._flow.read(claims.next_due, actor, gates, ungated)

    async def first_due(self) -> Mapping[str, int]:
        """See `IDeliveryQueue.first_due`."""
        waiting = DeliveryState.WAITING
        actors = {actor for actor, _, state in self._counts if actor and state == waiting}
        # Seen by whoever watches: a person's long question must not hold it up.
        return await self._flow.read(claims.first_due, sorted(actors)) if actors else {}

    async def gates(self, actor: str) -> list[str]:
        """See `IDeliveryQueue.gates`."""
        return await self._flow.read(claims.gates, actor)

    async def unfinished(self) -> list[Claim]:
        """See `IDeliveryQueue.unfinished`."""
        return await self._flow.read(claims.unfinished)

    async def degraded(self) -> Mapping[str, str]:
        """See `IDeliveryQueue.degraded`."""
        return await self._flow.read(circuits.degraded)

    async def inboxes(self, *, unnotified: bool = False) -> list[Inbox]:
        """See `IDeliveryQueue.inboxes`."""
        return await self._flow.read(inbox_queries.inboxes, unnotified)

    async def inbox(self, session_key: str) -> Inbox | None:
        """See `IDeliveryQueue.inbox`."""
        return await self._flow.read(inbox_queries.inbox, session_key)

    async def overdue(self, now: int, limit: int) -> list[Overdue]:
        """See `IDeliveryQueue.overdue`."""
        return await self._flow.read(deadlines.overdue, self.project, now, limit)

    async def next_deadline(self) -> int | None:
        """See `IDeliveryQueue.next_deadline`."""
        return await self._flow.read(deadlines.next_deadline)

    async def expecting(self, tracking_id: str | None, event_seq: int | None) -> list[Delivery]:
        """See `IDeliveryQueue.expecting`."""
        return await self._flow.read(deadlines.expecting, self.project, tracking_id, event_seq)

    async def get(self, delivery_id: str) -> Delivery | None:
        """See `IDeliveryQueue.get`."""
        return await self._queries.read(queue_queries.get, self.project, delivery_id)

    async def for_events(self, event_seqs: Sequence[int]) -> dict[int, list[Delivery]]:
        """See `IDeliveryQueue.for_events`."""
        return await self._queries.read(queue_queries.for_events, self.project, event_seqs)

    async def query(self, query: DeliveryQuery) -> list[Delivery]:
        """See `IDeliveryQueue.query`."""
        return await self._queries.read(queue_queries.query, self.project, query)

    async def merged(self, delivery_ids: Sequence[str]) -> list[Delivery]:
        """See `IDeliveryQueue.merged`."""
        return await self._queries.read(queue_queries.merged, self.project, delivery_ids)

    async def histories(self, delivery_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """See `IDeliveryQueue.histories`."""
        return await self._queries.read(queue_queries.histories, delivery_ids)

    async def count(self, query: DeliveryQuery) -> int:
        """See `IDeliveryQueue.count`."""
        known = queue_queries.known_count(self._counts, query)
        return await self._queries.read(queue_queries.count, query) if known is None else known

    async def referred(self, event_seqs: Sequence[int]) -> set[int]:
        """See `IDeliveryQueue.referred`."""
        return await self._queries.read(retention.referred, event_seqs)

    async def prunable(
        self, *, settled_before: int, after: int, limit: int
    ) -> tuple[list[int], int]:
        """See `IDeliveryQueue.prunable`."""
        return await self._queries.read(retention.prunable, settled_before, after, limit)

    async def aged(
        self,
        *,
        created_before: int,
        tried_since: int,
        actors: Collection[str] | None = None,
        limit: int,
    ) -> list[int]:
        """See `IDeliveryQueue.aged`."""
        return await self._ageing.next(created_before, tried_since, actors, limit)

    def counts(self) -> Mapping[CountKey, int]:
        """See `IDeliveryQueue.counts`. The mapping stays up to date by itself."""
        return MappingProxyType(self._counts)
