"""The lock that decides which runtime owns a home directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
from attrs import asdict, frozen

from orgloop.errors import AlreadyRunning, StorageUnavailable
from orgloop.storage.home import Home

_PAUSE_SECONDS = 0.05
_PATIENCE_SECONDS = 1.0  # whoever tests the lock drops it at once, so a start waits a little


@frozen
class LockHolder:
    """Who holds the lock, as far as the file says: it may be caught while being written."""

    pid: int | None = None
    started: str | None = None
    """ISO 8601."""
    project: str | None = None
    host: str | None = None
    """The address it listens on."""
    supervisor: int | None = None
    """The PID of the supervisor that would restart it; while no runtime runs, ``pid`` is `None`."""
    file: str | None = None
    """The project's file."""
    flags: tuple[str, ...] = ()
    """What the start was told besides, as ``--name``, value, …"""
    is_daemon: bool = False
    manager: str | None = None
    """The service manager that started it (``systemd``), if one did."""


class HomeLock:
    """A held ``flock(2)`` on a home: one runtime (and its supervisor), however it was started.

    It lasts until every process that has the descriptor is gone: it is inherited over forks, and
    may be handed to a child (`descriptor`), which takes it up with `inherited`.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def acquire(
        cls,
        home: Home,
        holder: LockHolder,
        *,
        patience_seconds: float = _PATIENCE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> HomeLock:
        """Take the lock and write ``holder`` into it; raise `AlreadyRunning` if another has it.

        Blocks for up to ``patience_seconds``; called before anything else of a runtime exists.
        """
        descriptor = _opened(home.lock, os.O_RDWR | os.O_CREAT)
        for attempt in range(1 + round(patience_seconds / _PAUSE_SECONDS)):
            if attempt:
                sleep(_PAUSE_SECONDS)
            if _flock(descriptor, fcntl.LOCK_EX):
                lock = cls(descriptor)
                lock.write(holder)
                return lock
        running = _read(descriptor)
        os.close(descriptor)
        raise AlreadyRunning(_complaint(home, running), pid=running.pid, project=running.project)

    @classmethod
    def inherited(cls, descriptor: int) -> HomeLock:
        """Take up the lock that the parent process handed over."""
        return cls(descriptor)

    def write(self, holder: LockHolder) -> None:
        """Say who holds the lock: after a fork, and when a supervisor has a new runtime."""
        try:
            os.ftruncate(self.descriptor, 0)
            os.pwrite(self.descriptor, orjson.dumps(asdict(holder)) + b"\n", 0)
            os.fsync(self.descriptor)
        except OSError as error:
            raise StorageUnavailable(f"the lock file cannot be written: {error}") from error

    def release(self) -> None:
        """Let go of this process's hold; the lock is free when no process holds it any more."""
        os.close(self.descriptor)


@contextlib.contextmanager
def not_started(home: Home) -> Iterator[bool]:
    """Keep a runtime from starting for a moment; false if one has the home already.

    A start waits for a second, so this must take less, or it is refused.
    """
    if not home.lock.exists():
        yield True
        return
    descriptor = _opened(home.lock, os.O_RDONLY)
    try:
        yield _flock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def holder_of(home: Home) -> LockHolder | None:
    """Return who holds a home's lock, `None` if nobody does.

    The test takes a shared lock for an instant, and nothing is left behind.
    """
    if not home.lock.exists():
        return None
    descriptor = _opened(home.lock, os.O_RDONLY)
    try:
        return None if _flock(descriptor, fcntl.LOCK_SH) else _read(descriptor)
    finally:
        os.close(descriptor)


def _opened(path: Path, flags: int) -> int:
    try:
        return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StorageUnavailable(
            f"the lock file {path} cannot be opened: {error.strerror}; "
            "check that the home directory is yours"
        ) from error


def _flock(descriptor: int, kind: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        return True
    return False


def _read(descriptor: int) -> LockHolder:
    try:
        document = orjson.loads(os.pread(descriptor, 65536, 0))
    except orjson.JSONDecodeError:
        return LockHolder()
    if not isinstance(document, dict):
        return LockHolder()
    flags = document.get("flags")
    return LockHolder(
        pid=_pid(document.get("pid")),
        started=_text(document.get("started")),
        project=_text(document.get("project")),
        host=_text(document.get("host")),
        supervisor=_pid(document.get("supervisor")),
        file=_text(document.get("file")),
        flags=tuple(map(str, flags)) if isinstance(flags, list) else (),
        is_daemon=document.get("is_daemon") is True,
        manager=_text(document.get("manager")),
    )


def _pid(value: object) -> int | None:
    return value if type(value) is int and value > 0 else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _complaint(home: Home, running: LockHolder) -> str:
    who = f"process {running.pid}" if running.pid else "another process"
    what = f" with project {running.project}" if running.project else ""
    return (
        f"OrgLoop is already running on {home.root} ({who}{what}): "
        "stop it with `orgloop stop`, or set ORGLOOP_HOME to another directory"
    )
