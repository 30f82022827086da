"""Read a file beside its committer, on a thread and a connection of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from orgloop.errors import StorageUnavailable
from orgloop.storage.database import open_for_reading
from orgloop.storage.failure import storage_error

if TYPE_CHECKING:  # commands read without threads, and so without twisted
    from orgloop.storage.worker import Worker

P = ParamSpec("P")
T = TypeVar("T")


class Reader:
    """Answer queries from what is committed. The connection is opened with the first one."""

    def __init__(self, path: Path, worker: Worker) -> None:
        self._path = path
        self._worker = worker
        self._connection: sqlite3.Connection | None = None
        self._is_closed = False

    async def read(
        self,
        query: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return ``query(connection, …)``; raises `StorageUnavailable` or `StorageDamaged`."""
        if self._is_closed:
            raise StorageUnavailable(f"{self._path} is closed: the runtime is stopping")
        return await self._worker.run(
            self._answer, lambda connection: query(connection, *args, **kwargs)
        )

    def _answer(self, query: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._connection is None:
                self._connection = open_for_reading(self._path)
            return query(self._connection)
        except sqlite3.Error as error:
            problem = storage_error(error, self._path)
            if problem is None:
                raise
            self._abandon()
            raise problem from error

    def _abandon(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def close(self) -> None:
        """Finish the queries asked for, then close the file."""
        if self._is_closed:
            return
        self._is_closed = True
        await self._worker.run(self._abandon)
        self._worker.quit()
