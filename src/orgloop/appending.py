"""Append to a file that another process rotates."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

_TRIES = 10


def append(path: Path, lines: bytes) -> None:
    """Append whole lines to the file of that name, made if need be; raise `OSError` if refused.

    The file is opened each time. While it is written it is locked (``flock``, shared), and one put
    aside is compressed and removed under the exclusive lock only: no line goes into a file that is
    about to vanish. Blocks as the disk does.
    """
    for _ in range(_TRIES):
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if stays(descriptor):
                _write(descriptor, lines)
                return
        finally:
            os.close(descriptor)
    raise OSError(f"{path} is replaced again and again")


def stays(descriptor: int) -> bool:
    """Keep an open file from being compressed until it is closed; false if it is too late."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # a file system without locks
    return os.fstat(descriptor).st_nlink > 0


def is_left_alone(descriptor: int) -> bool:
    """Whether nobody is about to append to an open file; nobody can until it is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _write(descriptor: int, lines: bytes) -> None:
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        lines = b"\n" + lines  # somebody was killed in the middle of a line
    written = os.write(descriptor, lines)
    if written < len(lines):
        with suppress(OSError):
            os.write(descriptor, b"\n")
        raise OSError("there is no room for a whole line")
