"""Every queue passes the part of its suite that is about inboxes and deadlines."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from orgloop.interfaces import IDeliveryQueue
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.storage.worker import ThreadWorker
from orgloop.testing.delivery_inboxes import DeliveryInboxSuite
from orgloop.testing.storage_records import PROJECT


class TestSQLiteInboxes(DeliveryInboxSuite):
    async def open(self, directory: Path) -> IDeliveryQueue:
        from twisted.internet import reactor

        new_worker = partial(ThreadWorker, reactor)
        return await SQLiteDeliveryQueue.open(directory / "queue.db", PROJECT, new_worker)
