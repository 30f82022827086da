"""A file in the spool: what a hook could not hand over, until a runtime takes it in.

An agent waits for the writer, so this module imports next to nothing. The name of a file begins
with the time it was written, so that names are in the order of the hooks' calls; it appears under
its name when it is whole.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress

SUFFIX = ".json"
TEMPORARY_SUFFIX = ".tmp"
MOST_FILES = 10_000
MOST_BYTES = 200_000_000


class SpoolFull(Exception):
    """As much waits already as may."""


def spool(directory: str, document: dict[str, object]) -> str:
    """Keep a document durably and return its file; raise `SpoolFull` or `OSError`."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    _check_room(directory)
    content = json.dumps(document, separators=(",", ":")).encode()
    name = f"{time.time_ns():020d}-{os.urandom(6).hex()}"
    path = os.path.join(directory, name + SUFFIX)
    temporary = os.path.join(directory, f".{name}{TEMPORARY_SUFFIX}")
    try:
        _write(temporary, path, content)
    except BaseException:
        for file in (temporary, path):
            with suppress(OSError):
                os.unlink(file)
        raise
    _sync(directory)
    return path


def _check_room(directory: str) -> None:
    files = size = 0
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                files += 1
                size += entry.stat(follow_symlinks=False).st_size
    if files >= MOST_FILES or size >= MOST_BYTES:
        raise SpoolFull(f"{files} files of {size} bytes wait there already")


def _write(temporary: str, path: str, content: bytes) -> None:
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        # Before the disk has it: a hook that waits for a slow one may be ended there.
        os.rename(temporary, path)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(directory: str) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
