"""Every event log passes the suite of its interface."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from orgloop.interfaces import IEventLog
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.worker import ThreadWorker
from orgloop.testing.event_log import EventLogSuite


class TestSQLiteEventLog(EventLogSuite):
    async def open(self, directory: Path) -> IEventLog:
        from twisted.internet import reactor

        return await SQLiteEventLog.open(directory / "events.db", partial(ThreadWorker, reactor))
