"""A second lock, on the home directory itself: people delete lock files that look stale.

A file that was deleted no longer stands in the way of a file of the same name. The directory does:
whoever has the home, supervisor and runtime alike, keeps a shared ``flock(2)`` on it, and nobody
takes the home who could not have it exclusively for an instant.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

_TESTS = 4
_PAUSE_SECONDS = 0.01


def take(directory: Path) -> int | None:
    """Hold the directory and return the descriptor; `None` if another process holds it."""
    descriptor = _opened(directory)
    # The second replaces the first, and between them another may get in: then it fails.
    if _flock(descriptor, fcntl.LOCK_EX) and _flock(descriptor, fcntl.LOCK_SH):
        return descriptor
    os.close(descriptor)
    return None


def join(directory: Path) -> int:
    """Hold the directory beside a process that holds it already."""
    descriptor = _opened(directory)
    _flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def is_held(directory: Path, *, sleep: Callable[[float], None] = time.sleep) -> bool:
    """Return whether any process holds the directory; leaves nothing behind.

    Two that ask in the same instant would see each other, so it is asked more than once.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for attempt in range(_TESTS):
            if attempt:
                sleep(_PAUSE_SECONDS)
            descriptor = _opened(directory)
            try:
                if _flock(descriptor, fcntl.LOCK_EX):
                    return False
            finally:
                os.close(descriptor)
        return True
    return False


def _opened(directory: Path) -> int:
    return os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _flock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system that cannot lock directories: the file's lock must do
    return True
