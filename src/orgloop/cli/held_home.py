"""Work on the files of a home while no runtime has it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from orgloop.cli.failing import CommandFailed
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder
from orgloop.storage.ownership import owner_of

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


def readable_home(root: Path) -> Home:
    """Return a home whose databases may be read; raises `CommandFailed` if one has lost something.

    SQLite makes good for what it finds missing, also when it only reads, and then neither `orgloop
    data check` nor the next start could tell. So when nothing runs the files are looked at first,
    with the lock held, as a start does. Reading needs no lock: it goes on beside a runtime that
    begins, and holds up none.
    """
    from orgloop.storage.losses import losses  # late: most who hold a home read no database

    home = Home(root)
    if owner_of(home) is None and home.event_log.exists():
        with held_home(root):
            for path, lost in losses(home).items():
                raise CommandFailed(f"{path}: {lost}", hint="look at it with: orgloop data check")
    return home


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
