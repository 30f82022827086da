"""Storage without threads, and a disk that fails when told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

from attrs import define, field
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.python.failure import Failure

from orgloop.storage.database import Schema, open_for_writing

T = TypeVar("T")


class InlineWorker:
    """A `Worker` that has done everything when it is asked."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def run(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> Deferred[T]:
        return maybeDeferred(work, *args, **kwargs)

    def quit(self) -> None:
        pass


@define
class ManualWorker:
    """A `Worker` that does one piece of work at each `step`."""

    name: str = ""
    has_quit: bool = False
    _work: list[tuple[Callable[[], Any], Deferred[Any]]] = field(factory=list)

    def run(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> Deferred[T]:
        done: Deferred[T] = Deferred()
        self._work.append((lambda: work(*args, **kwargs), done))
        return done

    def step(self) -> bool:
        """Do the next piece of work; say whether there was one."""
        if not self._work:
            return False
        work, done = self._work.pop(0)
        maybeDeferred(work).chainDeferred(done)
        return True

    def steps(self) -> int:
        """Do everything, and what comes of it; return how many pieces of work that was."""
        done = 0
        while self.step():
            done += 1
        return done

    def quit(self) -> None:
        assert not self._work
        self.has_quit = True


@define
class FaultyDisk:
    """Opens connections whose next commit can be made to fail, before or after it is durable."""

    commits: int = 0
    opened: int = 0
    _fault: str | None = None

    def refuse_commit(self) -> None:
        """Let the next commit fail as on a full disk."""
        self._fault = "before"

    def lose_answer(self) -> None:
        """Let the next commit be made, and reported as failed."""
        self._fault = "after"

    def connect(self, path: Path, schema: Schema) -> sqlite3.Connection:
        self.opened += 1
        return _FaultyConnection(open_for_writing(path, schema), self)

    def commit(self, commit: Callable[[], Any]) -> Any:
        self.commits += 1
        fault, self._fault = self._fault, None
        if fault != "before":
            result = commit()
        if fault is not None:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error
        return result


class _FaultyConnection:
    def __init__(self, connection: sqlite3.Connection, disk: FaultyDisk) -> None:
        self._connection = connection
        self._disk = disk

    def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        if statement == "COMMIT":
            return self._disk.commit(lambda: self._connection.execute("COMMIT"))
        return self._connection.execute(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def result_of(pending: Deferred[T] | Coroutine[Any, Any, T]) -> T:
    """Return what has come out, raise what was raised; fail if it is not over."""
    deferred = pending if isinstance(pending, Deferred) else Deferred.fromCoroutine(pending)
    results: list[Any] = []
    deferred.addBoth(results.append)
    assert results, "it is not over"
    if isinstance(results[0], Failure):
        raise results[0].value
    return results[0]


def outcomes_of(pending: list[Deferred[Any]]) -> Iterator[Any]:
    """Yield the results, and the types of exceptions."""
    for one in pending:
        try:
            yield result_of(one)
        except Exception as error:
            yield type(error)
