"""Tell a disk that refuses from a file that is damaged and from a mistake of ours."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from orgloop.errors import OrgLoopError, StorageDamaged, StorageUnavailable

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_REFUSED = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_NOMEM,
    }
)


def storage_error(error: BaseException, path: Path) -> OrgLoopError | None:
    """Return what ``error`` means for the file, `None` if it is no failure of storage."""
    if isinstance(error, StorageUnavailable | StorageDamaged):
        return error
    if isinstance(error, OSError):
        return StorageUnavailable(f"{path} cannot be opened: {error.strerror or error}")
    if not isinstance(error, sqlite3.Error):
        return None
    if is_damage(error):
        return damaged(path, str(error))
    if _primary_code(error) in _REFUSED:
        return StorageUnavailable(f"{path} cannot be used now: {error}; check the disk")
    return None


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite could not make sense of what is in the file."""
    return _primary_code(error) in _DAMAGED


def is_refusal(error: BaseException) -> bool:
    """Whether it was the disk, or another process, that kept SQLite from the file."""
    return isinstance(error, sqlite3.Error) and _primary_code(error) in _REFUSED


def _primary_code(error: sqlite3.Error) -> int | None:
    # An extended code has its primary one in the low byte.
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def damaged(path: Path, what: str) -> StorageDamaged:
    """Return the error that names a damaged file and the commands that look into it and mend it."""
    return StorageDamaged(
        f"{path} is damaged: {what}; see `orgloop data check`, and mend it with "
        "`orgloop data repair`"
    )
