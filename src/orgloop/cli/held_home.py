"""Work on the files of a home while no runtime has it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder

T = TypeVar("T")


@contextmanager
def held_home(root: Path) -> Iterator[Home]:
    """Hold a home's lock meanwhile; raises `AlreadyRunning` if a runtime has it."""
    home = Home(root)
    home.create()
    lock = HomeLock.acquire(home, LockHolder(pid=os.getpid()))
    try:
        yield home
    finally:
        lock.release()


class _Done:
    """What was done at once, for those who await it."""

    def __init__(self, result: Any) -> None:
        self._result = result

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._result
        yield  # what makes it a generator


def at_once(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do blocking work here and now: a command has nothing else to do meanwhile."""
    return _Done(work(*arguments))


def result_of(work: Awaitable[T]) -> T:
    """Return the result of a coroutine that awaits only what was done `at_once`."""
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as ended:
        result: T = ended.value
        return result
    raise AssertionError("it waits for something")
