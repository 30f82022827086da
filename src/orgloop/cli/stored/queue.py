"""The queue of a project that no runtime has, as far as it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from orgloop.cli.stored.at_once import WORKER
from orgloop.delivery import Delivery
from orgloop.records import DeliveryQuery
from orgloop.storage import queue_queries
from orgloop.storage.home import Home
from orgloop.storage.reader import Reader


@frozen
class StoredQueue:
    """See `IDeliveryQueue`, of which this is what people ask."""

    _reader: Reader
    _project: str

    @classmethod
    def of(cls, home: Home, project: str) -> StoredQueue:
        """Return the queue of a project."""
        return cls(Reader(home.queue(project), WORKER), project)

    async def get(self, delivery_id: str) -> Delivery | None:
        """See `IDeliveryQueue.get`."""
        return await self._reader.read(queue_queries.get, self._project, delivery_id)

    async def for_events(self, event_seqs: Sequence[int]) -> dict[int, list[Delivery]]:
        """See `IDeliveryQueue.for_events`."""
        return await self._reader.read(queue_queries.for_events, self._project, event_seqs)

    async def query(self, query: DeliveryQuery) -> list[Delivery]:
        """See `IDeliveryQueue.query`."""
        return await self._reader.read(queue_queries.query, self._project, query)

    async def histories(self, delivery_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """See `IDeliveryQueue.histories`."""
        return await self._reader.read(queue_queries.histories, delivery_ids)

    async def close(self) -> None:
        """Close the file."""
        await self._reader.close()
