"""Open the files that a runtime keeps its events in."""

from __future__ import annotations

from functools import partial

from attrs import define, field
from twisted.internet.interfaces import IReactorFromThreads

from orgloop.interfaces import IDeliveryQueue, IEventLog
from orgloop.storage.consistency import check_consistency, check_log, require_log
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.home import Home
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.storage.starting_point import StartingPoint
from orgloop.storage.worker import NewWorker, ThreadWorker


@define(eq=False)
class Stores:
    """The event log of a home and the queues of its projects, once they are open."""

    home: Home
    reactor: IReactorFromThreads
    starting_point: StartingPoint | None = None
    """Where a queue begins that was lost."""
    _log: SQLiteEventLog | None = field(default=None, init=False)
    _queues: dict[str, SQLiteDeliveryQueue] = field(factory=dict, init=False)

    async def open_log(self) -> IEventLog:
        """Open the event log; raises `StorageDamaged` and `StorageUnavailable`."""
        require_log(self.home)
        log = await SQLiteEventLog.open(self.home.event_log, self._new_worker())
        try:
            await check_log(log)
        except BaseException:
            await log.close()
            raise
        self._log = log
        return log

    async def open_queue(self, project: str) -> IDeliveryQueue:
        """Open a project's queue, if it belongs with the event log; raises as `open_log`."""
        assert self._log is not None, "the event log comes first"
        file = self.home.queue(project)
        queue = await SQLiteDeliveryQueue.open(file, project, self._new_worker())
        try:
            await check_consistency(self._log, queue, self.starting_point)
        except BaseException:
            await queue.close()
            raise
        self._queues[project] = queue
        return queue

    def forget(self, project: str) -> None:
        """Leave out a queue that was closed."""
        self._queues.pop(project, None)

    @property
    def are_healthy(self) -> bool:
        """Whether the last commit of every file succeeded: false while the disk refuses."""
        return all(file.is_healthy for file in self._files())

    @property
    def commits_under_way(self) -> frozenset[tuple[int, int]]:
        """The commits that have begun and not ended, as (file, number): it stays if one hangs."""
        numbers = enumerate(file.commit_under_way for file in self._files())
        return frozenset((file, number) for file, number in numbers if number is not None)

    async def probe(self) -> None:
        """Try the files that failed; raises `StorageUnavailable` while the disk refuses."""
        for file in self._files():
            if not file.is_healthy:
                await file.probe()

    def _files(self) -> list[SQLiteEventLog | SQLiteDeliveryQueue]:
        log = [] if self._log is None else [self._log]
        return [*log, *self._queues.values()]

    def _new_worker(self) -> NewWorker:
        return partial(ThreadWorker, self.reactor)
