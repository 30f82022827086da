"""Every queue passes the suite of its interface."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from orgloop.interfaces import IDeliveryQueue
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.storage.worker import ThreadWorker
from orgloop.testing.delivery_queue import DeliveryQueueSuite
from orgloop.testing.storage_records import PROJECT


class TestSQLiteDeliveryQueue(DeliveryQueueSuite):
    async def open(self, directory: Path) -> IDeliveryQueue:
        from twisted.internet import reactor

        new_worker = partial(ThreadWorker, reactor)
        return await SQLiteDeliveryQueue.open(directory / "queue.db", PROJECT, new_worker)
