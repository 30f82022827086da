"""Read stretches of a file that may be short, missing or on a bad disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen


@frozen
class RawFile:
    """An open file; what cannot be read of it is left out.

    Not to be used on a file that this process has open through SQLite: closing it would give up
    SQLite's locks (POSIX drops all locks of a process with the first descriptor it closes).
    """

    _descriptor: int
    size: int

    def read(self, offset: int, length: int) -> bytes:
        """Return up to ``length`` bytes; fewer at the end, none where the disk fails."""
        try:
            return os.pread(self._descriptor, length, offset)
        except OSError:
            return b""

    def sync(self) -> None:
        """Make durable what was written to it, by whomever."""
        os.fsync(self._descriptor)


@contextmanager
def opened(path: Path) -> Iterator[RawFile | None]:
    """Open a file for as long as the block lasts; `None` if it is not there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        yield RawFile(descriptor, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def beside(path: Path, ending: str) -> Path:
    """Return the file that SQLite keeps beside ``path``: ``-wal`` or ``-shm``."""
    return path.with_name(path.name + ending)
