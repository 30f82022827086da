"""The stores of the testing kit pass the suites that the real ones pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgloop.errors import StorageUnavailable
from orgloop.interfaces import ICheckpointStore, IEventLog
from orgloop.testing.asynchronous import async_test
from orgloop.testing.checkpoint_store import CheckpointStoreSuite
from orgloop.testing.event_log import EventLogSuite
from orgloop.testing.memory import MemoryCheckpointStore, MemoryEventLog
from orgloop.testing.storage_records import new_event


class TestMemoryEventLog(EventLogSuite):
    @pytest.fixture(autouse=True)
    def _one_for_the_test(self) -> None:
        self.log = MemoryEventLog()

    async def open(self, directory: Path) -> IEventLog:
        return self.log


class TestMemoryCheckpointStore(CheckpointStoreSuite):
    @pytest.fixture(autouse=True)
    def _one_for_the_test(self) -> None:
        self.store = MemoryCheckpointStore()

    async def open(self, directory: Path) -> ICheckpointStore:
        return self.store


@async_test
async def test_they_refuse_as_a_full_disk_does() -> None:
    log, store = MemoryEventLog(refuses=True), MemoryCheckpointStore(refuses=True)

    with pytest.raises(StorageUnavailable):
        await log.append([new_event(1)])
    with pytest.raises(StorageUnavailable):
        await store.save("project", "source", "text")

    assert await log.high() == 0
    assert await store.load("project", "source") is None
