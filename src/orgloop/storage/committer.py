"""Hand operations to the thread that commits them, in groups."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from orgloop.errors import OrgLoopError, StorageDamaged, StorageUnavailable
from orgloop.storage.transactions import Committed, Task, Transactions, Work, touch
from orgloop.storage.worker import Worker

S = TypeVar("S")

_Waiting = tuple[Task, Deferred[Any]]


class Committer(Generic[S]):
    """The write side of one file. What arrives while a commit runs forms the next one.

    ``on_commit`` is called with the summary of each commit, before any of its Deferreds fires.
    Everything here happens on the reactor thread but `_run`, which goes to the worker's and back
    once per commit.
    """

    _log = Logger()

    def __init__(
        self, transactions: Transactions[S], worker: Worker, on_commit: Callable[[S], None]
    ) -> None:
        self._transactions = transactions
        self._worker = worker
        self._on_commit = on_commit
        self.is_healthy = True
        """Whether the last commit succeeded."""
        self._pending: deque[_Waiting] = deque()
        self._is_committing = False
        self._commits = 0
        self._is_closed = False
        self._idle: list[Deferred[None]] = []

    @property
    def under_way(self) -> int | None:
        """The number of the commit under way, `None` without one; one that stays has got stuck."""
        return self._commits if self._is_committing else None

    def submit(self, work: Work, argument: Any) -> Deferred[Any]:
        """Do ``work`` with ``argument`` in the next transaction; fire once it is durable.

        Fails with what the operation raised, or with `StorageUnavailable` or `StorageDamaged`: then
        nothing was kept, as far as can be known.
        """
        done: Deferred[Any] = Deferred()
        if self._is_closed:
            done.errback(StorageUnavailable("storage is closed: the runtime is stopping"))
            return done
        self._pending.append((Task(work, argument), done))
        if not self._is_committing:
            self._commit_pending()
        return done

    async def open(self) -> None:
        """Open the file now, so that what is wrong with it is known before it is needed."""
        try:
            await self.submit(_nothing, None)
        except BaseException:
            self._is_closed = True
            self._worker.quit()
            raise

    async def probe(self) -> None:
        """Write something that changes nothing; raises what any other write would fail with."""
        await self.submit(touch, None)

    async def close(self) -> None:
        """Commit what was submitted, then close the file. Nothing is taken from now on."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._is_committing:
            idle: Deferred[None] = Deferred()
            self._idle.append(idle)
            await idle
        await self._worker.run(self._transactions.close)
        self._worker.quit()

    def _commit_pending(self) -> None:
        self._is_committing = True
        self._commits += 1
        group: list[_Waiting] = []
        committed = self._worker.run(self._run, group)
        committed.addCallbacks(self._finished, self._broken, (group,), errbackArgs=(group,))

    def _run(self, group: list[_Waiting]) -> Committed[S]:
        # The thread takes what there is when it gets to run: what the reactor submits in one turn
        # is committed together, although the first of it has set the thread going.
        while self._pending:
            group.append(self._pending.popleft())
        return self._transactions.run([task for task, _ in group])

    def _finished(self, committed: Committed[S], group: Sequence[_Waiting]) -> None:
        # The next commit begins before anybody hears of this one: its fsync and the work that the
        # answers cause overlap.
        self._go_on()
        self._judge(committed)
        try:
            for summary in committed.summaries:
                self._on_commit(summary)
        finally:
            for (_, done), result in zip(group, committed.results, strict=True):
                self._report(result)
                done.callback(result)
            self._tell_idle()

    def _broken(self, failure: Failure, group: Sequence[_Waiting]) -> None:
        self._log.failure("a committer thread failed", failure)
        self._go_on()
        for _, done in group:
            done.errback(Failure(failure.value))
        self._tell_idle()

    def _judge(self, committed: Committed[S]) -> None:
        if committed.summaries:
            self.is_healthy = True
        elif any(_is_of_storage(result) for result in committed.results):
            self.is_healthy = False

    def _report(self, result: object) -> None:
        # An operation that fails for another reason than the disk's is a mistake of ours.
        if isinstance(result, Failure) and not result.check(OrgLoopError):
            self._log.failure("an operation on the books failed", result)

    def _go_on(self) -> None:
        self._is_committing = False
        if self._pending:
            self._commit_pending()

    def _tell_idle(self) -> None:
        if self._is_committing:
            return
        idle, self._idle = self._idle, []
        for waiting in idle:
            waiting.callback(None)


def _is_of_storage(result: object) -> bool:
    return isinstance(result, Failure) and bool(result.check(StorageUnavailable, StorageDamaged))


def _nothing(connection: object, arguments: Sequence[None]) -> list[None]:
    return [None for _ in arguments]
