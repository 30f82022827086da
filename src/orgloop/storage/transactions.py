"""Commit groups of operations, so that what is asked for together is kept with one fsync."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from attrs import field, frozen
from twisted.python.failure import Failure

from orgloop.errors import StorageUnavailable
from orgloop.storage.database import Schema, open_for_writing
from orgloop.storage.failure import storage_error
from orgloop.storage.soundness import require_sound

S_co = TypeVar("S_co", covariant=True)
S = TypeVar("S")

Work = Callable[[sqlite3.Connection, Sequence[Any]], Sequence[Any]]
"""An operation on many arguments at once: one result for each, in order."""

Connect = Callable[[Path, Schema], sqlite3.Connection]


@frozen
class Task:
    """One operation to be done. Neighbours with the same work are done by one call of it."""

    work: Work
    argument: Any


class Content(Protocol[S_co]):
    """What the tables of a file mean, as the one thread knows it that writes them.

    What it holds in memory is what the file holds: `load` is called after each opening and after
    each transaction that was undone, and throws away what was there before.
    """

    @property
    def schema(self) -> Schema:
        """The tables of the file."""

    def load(self, connection: sqlite3.Connection) -> None:
        """Read what operations build on."""

    def finish(self, connection: sqlite3.Connection) -> None:
        """Write what the operations of one transaction add up to, right before its commit."""

    def committed(self) -> S_co:
        """Take notice that the transaction is durable; return what the others should know of it."""


@frozen
class Committed(Generic[S]):
    """How a group ended: a result or `Failure` for each task, a summary for each commit."""

    results: list[Any] = field(factory=list)
    summaries: list[S] = field(factory=list)


class Transactions(Generic[S]):
    """The one connection that writes a file. Used by one thread at a time; opened when needed."""

    def __init__(
        self, path: Path, content: Content[S], connect: Connect = open_for_writing
    ) -> None:
        self._path = path
        self._content = content
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        """Which file was opened, by device and number: another one does not go on from it."""

    def run(self, group: Sequence[Task]) -> Committed[S]:
        """Do the tasks in order, in one transaction; never raises.

        When one of them fails, each is done in a transaction of its own, so that only that one
        fails. When storage itself fails, all fail and the connection is closed: what the file then
        holds is the truth, and it is read again before the next write. All fail, too, where the
        file is no longer in its place: the system would go on taking writes, and keep none.
        """
        try:
            self._require_in_place()
        except StorageUnavailable as error:
            return _all_failed(group, error)  # and is kept open: the file may be put back
        try:
            return self._commit(self._opened(), group)
        except Exception as error:  # of an operation or of SQLite: every task gets its answer
            problem = storage_error(error, self._path)
            if problem is not None or not self._undo():
                self._abandon()
                return _all_failed(group, problem or error)
            if len(group) == 1:
                return Committed([Failure()])
        return self._one_by_one(group)

    def _commit(self, connection: sqlite3.Connection, group: Sequence[Task]) -> Committed[S]:
        connection.execute("BEGIN IMMEDIATE")
        results: list[Any] = []
        for work, tasks in groupby(group, key=_work_of):
            results += work(connection, [task.argument for task in tasks])
        self._content.finish(connection)
        connection.execute("COMMIT")
        return Committed(results, [self._content.committed()])

    def _one_by_one(self, group: Sequence[Task]) -> Committed[S]:
        whole: Committed[S] = Committed()
        for task in group:
            one = self.run([task])
            whole.results.extend(one.results)
            whole.summaries.extend(one.summaries)
        return whole

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            if self._inode is None:
                require_sound(self._path, self._content.schema)
            connection = self._connect(self._path, self._content.schema)
            try:
                self._content.load(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            self._inode = _inode_of(self._path)
        return self._connection

    def _require_in_place(self) -> None:
        """Raise `StorageUnavailable` if what would be written is in no file of this name."""
        if self._inode is None:
            return
        try:
            is_in_place = _inode_of(self._path) == self._inode
        except OSError:
            is_in_place = False
        if not is_in_place:
            raise StorageUnavailable(
                f"{self._path} was removed or replaced while it is in use: put it back, or stop "
                "this runtime and start it again"
            )

    def _undo(self) -> bool:
        """Roll back after an operation failed; say whether the connection is still good."""
        if self._connection is None:
            return False
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._content.load(self._connection)
        except sqlite3.Error:
            return False
        return True

    def _abandon(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()  # this rolls back

    def close(self) -> None:
        """Move everything from the write-ahead log into the file, and close it."""
        if self._connection is None:
            return
        try:
            # Closing removes the write-ahead log, after what tells what it held. Cutting it to
            # nothing first would look like a loss if the power went between the two.
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            # Nothing is lost: the next opening reads the write-ahead log.
            if storage_error(error, self._path) is None:
                raise
        finally:
            self._abandon()


def touch(connection: sqlite3.Connection, arguments: Sequence[None]) -> list[None]:
    """Write something that changes nothing: fails as any other write would."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute(f"PRAGMA user_version = {version}")
    return [None for _ in arguments]


def _inode_of(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _work_of(task: Task) -> Work:
    return task.work


def _all_failed(group: Sequence[Task], error: BaseException) -> Committed[Any]:
    return Committed([Failure(error) for _ in group])
