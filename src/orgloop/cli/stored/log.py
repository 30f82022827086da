"""The event log of a home that no runtime has, as far as it is asked."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from orgloop.cli.stored.at_once import WORKER
from orgloop.records import EventQuery, EventRecord
from orgloop.storage import event_queries
from orgloop.storage.home import Home
from orgloop.storage.reader import Reader


@frozen
class StoredLog:
    """See `IEventLog`, of which this is the half that people ask."""

    _reader: Reader

    @classmethod
    def of(cls, home: Home) -> StoredLog:
        """Return the log of a home."""
        return cls(Reader(home.event_log, WORKER))

    async def projects(self) -> list[str]:
        """Return the projects that the log has known, the first first."""
        return await self._reader.read(event_queries.projects)

    async def get(self, project: str, event_id: str) -> EventRecord | None:
        """See `IEventLog.get`."""
        return await self._reader.read(event_queries.get, project, event_id)

    async def ids_beginning(self, project: str, prefix: str, limit: int) -> list[str]:
        """See `IEventLog.ids_beginning`."""
        return await self._reader.read(event_queries.ids_beginning, project, prefix, limit)

    async def get_many(self, project: str, seqs: Sequence[int]) -> dict[int, EventRecord]:
        """See `IEventLog.get_many`."""
        records = await self._reader.read(event_queries.get_many, project, seqs)
        return {record.seq: record for record in records}

    async def query(self, query: EventQuery) -> list[EventRecord]:
        """See `IEventLog.query`."""
        return await self._reader.read(event_queries.query, query)

    async def effects_of(self, project: str, event_id: str) -> list[EventRecord]:
        """See `IEventLog.effects_of`."""
        return await self._reader.read(event_queries.effects_of, project, event_id)

    async def close(self) -> None:
        """Close the file."""
        await self._reader.close()
