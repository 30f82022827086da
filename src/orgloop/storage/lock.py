"""The lock that decides which runtime owns a home directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from orgloop.errors import AlreadyRunning, StorageUnavailable
from orgloop.storage import directory_hold
from orgloop.storage.atomic import remove_unfinished
from orgloop.storage.holder import LockHolder
from orgloop.storage.home import Home

__all__ = ["HomeLock", "LockHolder", "already_running", "holder_of", "not_started"]

_PAUSE_SECONDS = 0.05
_PATIENCE_SECONDS = 1.0  # whoever tests the lock drops it at once, so a start waits a little


class HomeLock:
    """A held ``flock(2)`` on a home: one runtime (and its supervisor), however it was started.

    It lasts until every process that has the descriptor is gone: it is inherited over forks, and
    may be handed to a child (`descriptor`), which takes it up with `inherited`. With it goes a hold
    on the directory, for the case that somebody deletes the file.
    """

    def __init__(
        self, descriptor: int, directory: int | None = None, home: Home | None = None
    ) -> None:
        self.descriptor = descriptor
        self._directory = directory
        self._home = home

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

        Blocks for up to ``patience_seconds`` (``math.inf``: until it is free); called before
        anything else of a runtime exists.
        """
        for _ in _attempts(patience_seconds, sleep):
            if (lock := cls._tried(home)) is not None:
                lock.write(holder)
                _tidy(home)
                return lock
        raise already_running(home, holder_of(home) or LockHolder())

    @classmethod
    def _tried(cls, home: Home) -> HomeLock | None:
        descriptor = _opened(home.lock, os.O_RDWR | os.O_CREAT)
        if _flock(descriptor, fcntl.LOCK_EX) and _is_still_at(home.lock, descriptor):
            directory = directory_hold.take(home.root)
            if directory is not None:
                return cls(descriptor, directory, home)
        os.close(descriptor)
        return None

    @classmethod
    def inherited(cls, descriptor: int, home: Home | None = None) -> HomeLock:
        """Take up the lock that the parent process handed over; children shall not have it.

        With ``home`` it protects also after the parent has died and the file was deleted.
        """
        os.set_inheritable(descriptor, False)
        return cls(descriptor, None if home is None else directory_hold.join(home.root), home)

    def write(self, holder: LockHolder) -> None:
        """Say who holds the lock: after a fork, and when a supervisor has a new runtime."""
        line = holder.to_line()
        try:
            # In this order, so that a full disk takes what fits where the old line stands.
            os.pwrite(self.descriptor, line, 0)
            os.ftruncate(self.descriptor, len(line))
            os.fsync(self.descriptor)
        except OSError as error:
            which = "the lock file" if self._home is None else f"the lock file {self._home.lock}"
            raise StorageUnavailable(
                f"{which} cannot be written: {error.strerror}; free some space or check the disk"
            ) from error

    def release(self) -> None:
        """Let go of this process's hold; the lock is free when no process holds it any more."""
        os.close(self.descriptor)
        if self._directory is not None:
            os.close(self._directory)


@contextlib.contextmanager
def not_started(home: Home) -> Iterator[bool]:
    """Keep a runtime from starting for a moment; false if one has the home already.

    A start waits for a second, so this must take less, or it is refused.
    """
    descriptor = _opened_if_there(home.lock)
    if descriptor is None:
        yield not directory_hold.is_held(home.root)
        return
    try:
        yield _flock(descriptor, fcntl.LOCK_SH) and not directory_hold.is_held(home.root)
    finally:
        os.close(descriptor)


def holder_of(home: Home) -> LockHolder | None:
    """Return who holds a home's lock, `None` if nobody does.

    The test takes a shared lock for an instant, and nothing is left behind. If the file was deleted
    while somebody runs, what is returned says nothing.
    """
    descriptor = _opened_if_there(home.lock)
    if descriptor is not None:
        try:
            if not _flock(descriptor, fcntl.LOCK_SH):
                return _read(descriptor)
        finally:
            os.close(descriptor)
    return LockHolder() if directory_hold.is_held(home.root) else None


def _tidy(home: Home) -> None:
    """Remove what the last one was writing when it was killed: nobody else writes there."""
    remove_unfinished(home.root)
    for directory in home.checkpoints.glob("*/"):
        remove_unfinished(directory)


def _attempts(patience_seconds: float, sleep: Callable[[float], None]) -> Iterator[None]:
    """Yield once at once, and then after each pause."""
    yield
    waited = 0.0
    while waited < patience_seconds:
        sleep(_PAUSE_SECONDS)
        waited += _PAUSE_SECONDS
        yield


def _opened_if_there(path: Path) -> int | None:
    """Open a file to read; `None` if there is none."""
    try:
        return _opened(path, os.O_RDONLY)
    except StorageUnavailable as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            return None
        raise


def _opened(path: Path, flags: int) -> int:
    """Open a plain file; something else in its place, such as a FIFO, is an error, not a wait."""
    try:
        descriptor = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        raise StorageUnavailable(
            f"the lock file {path} cannot be opened: {error.strerror}; "
            "check that the home directory is yours"
        ) from error
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise StorageUnavailable(
        f"the lock file {path} is not a plain file: see what it is and remove it, "
        "or set ORGLOOP_HOME to another directory"
    )


def _flock(descriptor: int, kind: int) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        return True
    return False


def _is_still_at(path: Path, descriptor: int) -> bool:
    """Return whether the file that was locked has not been deleted since it was opened."""
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _read(descriptor: int) -> LockHolder:
    return LockHolder.from_line(os.pread(descriptor, 65536, 0))


def already_running(home: Home, running: LockHolder) -> AlreadyRunning:
    """Return the error of a start on a home that ``running`` has."""
    who = f"process {running.pid}" if running.pid else "another process"
    if running.supervisor and not running.pid:
        who = f"supervisor {running.supervisor}, which is starting it"
    what = f" with project {running.project}" if running.project else ""
    return AlreadyRunning(
        f"OrgLoop is already running on {home.root} ({who}{what}): "
        "stop it with `orgloop stop`, or set ORGLOOP_HOME to another directory",
        pid=running.pid,
        project=running.project,
    )
