"""Replace small files so that a crash leaves the old one or the new one, never a half."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from orgloop.errors import StorageUnavailable

_PREFIX, _SUFFIX = ".", ".tmp"


def write_atomically(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content``, mode 0600, durable when this returns.

    Raises `StorageUnavailable` when the disk refuses; then the file is what it was.
    """
    try:
        _replace(path, content)
    except OSError as error:
        raise StorageUnavailable(
            f"{path} cannot be written: {error.strerror or error}; check the disk and the "
            "directory's permissions"
        ) from error


def remove_unfinished(directory: Path) -> None:
    """Remove what `write_atomically` left in a directory when its process was killed.

    For those who know that nobody writes there now.
    """
    for file in directory.glob(f"{_PREFIX}*{_SUFFIX}"):
        with contextlib.suppress(OSError):
            file.unlink()


def _replace(path: Path, content: bytes) -> None:
    # mkstemp makes files of mode 0600.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=_PREFIX, suffix=_SUFFIX)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in ``directory`` as durable as the files behind them."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
