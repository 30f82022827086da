"""The queue of one project in a SQLite file of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from twisted.internet.defer import Deferred
from zope.interface import implementer

from orgloop.delivery import Delivery
from orgloop.interfaces import IDeliveryQueue
from orgloop.records import (
    Again,
    Claim,
    Drained,
    NotedTime,
    Overflow,
    RoutedBatch,
    Settlement,
    Transformed,
)
from orgloop.storage import circuits, deadlines, inboxes, memory
from orgloop.storage.attempts import Attempts
from orgloop.storage.circuits import Circuits
from orgloop.storage.claims import Asked, Claims
from orgloop.storage.committer import Committer
from orgloop.storage.decisions import Decisions
from orgloop.storage.inboxes import Draining, Inboxes
from orgloop.storage.parking import Parking
from orgloop.storage.queue_questions import QueueQuestions
from orgloop.storage.queue_state import QueueChange, QueueState
from orgloop.storage.retention import Forgetting
from orgloop.storage.routing import Routing
from orgloop.storage.transactions import Transactions
from orgloop.storage.worker import NewWorker


@implementer(IDeliveryQueue)
class SQLiteDeliveryQueue(QueueQuestions):
    """See `IDeliveryQueue`. One thread commits what is asked for here."""

    def __init__(self, path: Path, project: str, new_worker: NewWorker) -> None:
        super().__init__(path, project, new_worker)
        state = QueueState(project)
        self._routing = Routing(state)
        self._claims = Claims(state)
        self._attempts = Attempts(state)
        self._circuits = Circuits(state)
        self._decisions = Decisions(state)
        self._inboxes = Inboxes(state)
        self._parking = Parking(state)
        self._forgetting = Forgetting(state)
        self._committer = Committer(
            Transactions(path, state), new_worker(f"queue commits {project}"), self._changed
        )
        self._cursor: int | None = None

    @classmethod
    async def open(cls, path: Path, project: str, new_worker: NewWorker) -> SQLiteDeliveryQueue:
        """Open the queue, or make a new one; raises `StorageDamaged` or `StorageUnavailable`.

        ``new_worker`` makes the queue's threads: ``partial(ThreadWorker, reactor)``.
        """
        queue = cls(path, project, new_worker)
        await queue._committer.open()
        return queue

    def _changed(self, change: QueueChange) -> None:
        self._cursor = change.cursor
        for key, count in change.counts.items():
            if count:
                self._counts[key] = count
            else:
                self._counts.pop(key, None)

    @property
    def has_cursor(self) -> bool:
        """Whether anything was routed, or `begin_at` said where to begin."""
        return self._cursor is not None

    async def begin_at(self, cursor: int) -> None:
        """Say where routing begins; without effect on a queue that has a cursor."""
        await self._committer.submit(self._routing.begin_at, cursor)

    async def cursor(self) -> int:
        """See `IDeliveryQueue.cursor`."""
        return self._cursor or 0

    def note_time(self, now: NotedTime) -> Deferred[None]:
        """See `IDeliveryQueue.note_time`."""
        return self._committer.submit(circuits.note_time, now)

    def adopt(
        self, routes: Collection[str], queue_depths: Mapping[str, int] | None = None
    ) -> Deferred[None]:
        """See `IDeliveryQueue.adopt`."""
        return self._committer.submit(self._parking.adopt, (routes, queue_depths or {}))

    def route(self, batch: RoutedBatch) -> Deferred[list[Overflow]]:
        """See `IDeliveryQueue.route`."""
        return self._committer.submit(self._routing.route, batch)

    def again(self, rows: Sequence[Again]) -> Deferred[list[str]]:
        """See `IDeliveryQueue.again`."""
        return self._committer.submit(self._decisions.again, rows)

    def transformed(self, row: Transformed) -> Deferred[list[Overflow]]:
        """See `IDeliveryQueue.transformed`."""
        return self._committer.submit(self._routing.transformed, row)

    def claim(
        self,
        actor: str,
        limit: int,
        now: int,
        *,
        gates: Sequence[str] = (),
        ungated: bool = True,
        passing: Sequence[int] = (),
    ) -> Deferred[list[Claim]]:
        """See `IDeliveryQueue.claim`."""
        asked = Asked(actor, limit, now, gates, ungated, passing)
        return self._committer.submit(self._claims.claim, asked)

    def prepare(self, row: int, content: bytes) -> Deferred[None]:
        """See `IDeliveryQueue.prepare`."""
        return self._committer.submit(self._attempts.prepare, (row, content))

    def note_process(self, row: int, pid: int, started: str) -> Deferred[None]:
        """See `IDeliveryQueue.note_process`."""
        return self._committer.submit(self._attempts.note_process, (row, pid, started))

    def settle(self, settlement: Settlement) -> Deferred[None]:
        """See `IDeliveryQueue.settle`."""
        return self._committer.submit(self._attempts.settle, settlement)

    def release(self, row: int, now: int) -> Deferred[None]:
        """See `IDeliveryQueue.release`."""
        return self._committer.submit(self._attempts.release, (row, now))

    def give_up(self, row: int, now: int, error: str) -> Deferred[Delivery | None]:
        """See `IDeliveryQueue.give_up`."""
        return self._committer.submit(self._circuits.give_up, (row, now, error))

    def note_degraded(self, actor: str, reason: str | None) -> Deferred[None]:
        """See `IDeliveryQueue.note_degraded`."""
        return self._committer.submit(self._circuits.note_degraded, (actor, reason))

    def reopen(self, delivery_ids: Sequence[str], now: int) -> Deferred[list[Delivery]]:
        """See `IDeliveryQueue.reopen`."""
        return self._committer.submit(self._decisions.reopen, (delivery_ids, now))

    def unhold(self, delivery_ids: Sequence[str], now: int) -> Deferred[list[Delivery]]:
        """See `IDeliveryQueue.unhold`."""
        return self._committer.submit(self._decisions.unhold, (delivery_ids, now))

    def discard(self, delivery_ids: Sequence[str], now: int) -> Deferred[list[Delivery]]:
        """See `IDeliveryQueue.discard`."""
        return self._committer.submit(self._decisions.discard, (delivery_ids, now))

    def note_notified(self, session_key: str, generation: int) -> Deferred[None]:
        """See `IDeliveryQueue.note_notified`."""
        return self._committer.submit(inboxes.note_notified, (session_key, generation))

    def drain(
        self,
        session_key: str,
        limit: int,
        lease: str,
        until: int,
        now: int,
        *,
        settled_at: int | None = None,
    ) -> Deferred[Drained]:
        """See `IDeliveryQueue.drain`."""
        wall = now if settled_at is None else settled_at
        call = Draining(session_key, limit, lease, until, now, wall)
        return self._committer.submit(self._inboxes.drain, call)

    def acknowledge(
        self, session_key: str, lease: str | None, now: int
    ) -> Deferred[list[Delivery]]:
        """See `IDeliveryQueue.acknowledge`."""
        return self._committer.submit(self._inboxes.acknowledge, (session_key, lease, now))

    def end_lease(
        self, rows: Sequence[str], now: int, *, ended_at: int | None = None
    ) -> Deferred[list[Delivery]]:
        """See `IDeliveryQueue.end_lease`."""
        wall = now if ended_at is None else ended_at
        return self._committer.submit(self._inboxes.end_lease, (rows, now, wall))

    def expire(self, rows: Sequence[str], now: int, error: str) -> Deferred[list[Delivery]]:
        """See `IDeliveryQueue.expire`."""
        return self._committer.submit(self._inboxes.expire, (rows, now, error))

    def stop_seen(self, delivery_ids: Sequence[str]) -> Deferred[None]:
        """See `IDeliveryQueue.stop_seen`."""
        return self._committer.submit(deadlines.stop_seen, delivery_ids)

    def forget(self, rows: Sequence[int]) -> Deferred[int]:
        """See `IDeliveryQueue.forget`."""
        return self._committer.submit(self._forgetting.forget, rows)

    def forget_memory(self, expired_before: int, limit: int) -> Deferred[int]:
        """See `IDeliveryQueue.forget_memory`."""
        return self._committer.submit(memory.forget_expired, (expired_before, limit))

    @property
    def is_healthy(self) -> bool:
        """Whether the last commit succeeded. Only a write, or `probe`, makes it true again."""
        return self._committer.is_healthy

    @property
    def commit_under_way(self) -> int | None:
        """See `Committer.under_way`."""
        return self._committer.under_way

    async def probe(self) -> None:
        """Find out whether the disk takes writes; raises `StorageUnavailable` if it does not."""
        await self._committer.probe()

    async def close(self) -> None:
        """See `IDeliveryQueue.close`."""
        await self._close_readers()
        await self._committer.close()
