"""Look whether the disk takes what will be written, and for how long it will."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from attrs import frozen

from orgloop.doctor.check import Check
from orgloop.storage.home import Home

_LITTLE_BYTES = 200_000_000
_FEW_FILES = 1_000
_PROBE = b"\0" * 4096
_IS_FULL = (errno.ENOSPC, errno.EDQUOT)
_FREE_SOME = "remove what is not needed, or set ORGLOOP_HOME to a directory on a larger disk"
_GO_ELSEWHERE = "set ORGLOOP_HOME to a directory you may write to"


@frozen
class Room:
    """What a file system has left for this user."""

    bytes: int
    files: int | None
    """How many files may be made; `None` where nobody counts them."""

    @classmethod
    def of(cls, directory: Path) -> Room:
        """Ask the file system that a directory is on."""
        found = os.statvfs(directory)
        return cls(found.f_bavail * found.f_frsize, found.f_favail if found.f_files else None)


def check_disk(home: Home, room_of: Callable[[Path], Room] = Room.of) -> list[Check]:
    """Look at each file system that the home is on, or will be on."""
    found: list[Check] = []
    for directory in _places(home):
        found += [_writable(directory), *_room(directory, room_of)]
    return found


def _places(home: Home) -> Iterator[Path]:
    """Yield one directory of each file system; the nearest one above where there is none yet."""
    seen = set()
    for wanted in (home.root, home.data, home.logs):
        directory = _nearest(wanted)
        with suppress(OSError):
            device = directory.stat().st_dev
            if device not in seen:
                seen.add(device)
                yield directory


def _nearest(path: Path) -> Path:
    while not os.path.exists(path) and path != path.parent:
        path = path.parent
    return path


def _writable(directory: Path) -> Check:
    """Write something, make it durable, and leave nothing behind."""
    try:
        # Without a name from the start, where the system can: nothing is left after a crash either.
        with TemporaryFile(dir=directory, buffering=0) as file:
            file.write(_PROBE)
            os.fsync(file.fileno())
    except OSError as error:
        return Check(
            category="disk",
            name=str(directory),
            status="error",
            message=f"nothing can be written: {error.strerror or error}",
            fix=_FREE_SOME if error.errno in _IS_FULL else _GO_ELSEWHERE,
        )
    return Check(category="disk", name=str(directory), message="it can be written to")


def _room(directory: Path, room_of: Callable[[Path], Room]) -> Iterator[Check]:
    try:
        room = room_of(directory)
    except OSError:
        return  # the attempt to write has told more
    if room.bytes < _LITTLE_BYTES:
        yield _scarce(directory, "space", f"{room.bytes / 1e6:.0f} MB are left")
    else:
        name = f"{directory} space"
        yield Check(category="disk", name=name, message=f"{room.bytes / 1e9:.1f} GB are left")
    if room.files is not None and room.files < _FEW_FILES:
        yield _scarce(directory, "inodes", f"{room.files} files can still be made")


def _scarce(directory: Path, what: str, message: str) -> Check:
    name = f"{directory} {what}"
    return Check(category="disk", name=name, status="degraded", message=message, fix=_FREE_SOME)
