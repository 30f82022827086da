"""Read an agent's settings, and replace them so that nothing but their text changes."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from orgloop.connectors.coding_agent.installation.settings import BrokenSettings

_NEW_FILE_MODE = 0o644


def read_text(file: Path) -> str | None:
    """Return the text as it is, line ends included; `None` if there is no file.

    Raises `BrokenSettings` for what is no text, or may not be read.
    """
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise BrokenSettings("it is no UTF-8") from error
    except OSError as error:
        raise BrokenSettings(f"it cannot be read: {error.strerror or error}") from error


def replace_text(file: Path, known: str | None, text: str) -> None:
    """Put ``text`` in the place of ``known``, at once or not at all.

    The file's mode and owner stay, and a symbolic link still leads to it. Raises `BrokenSettings`
    if the file is not what it was, or is not to be written.
    """
    target = Path(os.path.realpath(file))
    try:
        status = _status(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".orgloop-")
        try:
            with os.fdopen(descriptor, "wb") as replacement:
                replacement.write(text.encode())
                replacement.flush()
                _become(replacement.fileno(), status)
                os.fsync(replacement.fileno())
            if read_text(target) != known:
                raise BrokenSettings("it was changed just now by somebody else: try again")
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise BrokenSettings(f"it cannot be written: {error.strerror or error}") from error


def remove(file: Path) -> None:
    """Delete a file of ours."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise BrokenSettings(f"it cannot be removed: {error.strerror or error}") from error


def _status(file: Path) -> os.stat_result | None:
    """Return what the file is like, `None` if there is none; raise `BrokenSettings` if it is shut.

    The directory alone would decide whether another file may take its place.
    """
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise BrokenSettings("it is read-only: whoever made it so wants nothing changed there")
    return status


def _become(descriptor: int, status: os.stat_result | None) -> None:
    """Give a new file the owner, the group and the mode of the one that it replaces."""
    if status is None:
        os.fchmod(descriptor, _NEW_FILE_MODE)
        return
    own = os.fstat(descriptor)
    if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
