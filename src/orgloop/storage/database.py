"""Open a SQLite file of ours the way its promises need it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

from attrs import frozen

from orgloop.errors import OrgLoopError
from orgloop.storage.atomic import sync_directory
from orgloop.storage.failure import damaged, storage_error

_BUSY_SECONDS = 5.0
_STATEMENTS = 96  # prepared ones are kept: a statement of many rows is costly to prepare
_CACHE_KIB = 4 * 1024
_WAL_LIMIT_BYTES = 64 * 1024 * 1024


@frozen
class Schema:
    """The tables of one kind of file. A file of a newer version is refused."""

    kind: str
    """For messages: ``event log``, ``queue``."""
    application_id: int
    versions: tuple[tuple[str, ...], ...]
    """What makes version 1 of an empty file, version 2 of version 1, and so on."""

    @property
    def version(self) -> int:
        return len(self.versions)


def open_for_writing(path: Path, schema: Schema) -> sqlite3.Connection:
    """Open a file, or make it if it is not there. `require_sound` looks at it first.

    Raises `sqlite3.Error` and `OSError` as they come, `StorageDamaged` for a file that is not what
    it should be, `OrgLoopError` for one that a newer OrgLoop made.
    """
    _make_private(path)
    connection = sqlite3.connect(
        path,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        cached_statements=_STATEMENTS,
        check_same_thread=False,
    )
    try:
        _configure(connection)
        _settle_schema(connection, path, schema)
    except BaseException:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a file that another connection writes; nothing can be changed through this one."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA query_only = ON")
    # One damaged byte in a text must not keep everything beside it from being read.
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    return connection


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Read a file meanwhile; raises `StorageUnavailable` or `StorageDamaged` if it cannot be."""
    try:
        with contextlib.closing(open_for_reading(path)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise storage_error(error, path) or error from error


def _make_private(path: Path) -> None:
    # SQLite gives the files beside it the same mode. A file that is there is left alone: closing it
    # here would give up the locks of this process's other connections to it.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _configure(connection: sqlite3.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise OrgLoopError(
            f"SQLite cannot keep a write-ahead log here (journal mode {mode}): "
            "the home directory must be on a local disk"
        )
    for pragma in (
        "synchronous = FULL",
        f"cache_size = -{_CACHE_KIB}",
        f"journal_size_limit = {_WAL_LIMIT_BYTES}",
        "temp_store = MEMORY",
        "secure_delete = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _settle_schema(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if is_empty and application_id == 0:
        _bring_up(connection, schema, 0)
        sync_directory(path.parent)
    elif application_id != schema.application_id:
        raise damaged(path, f"it is no {schema.kind} of OrgLoop")
    elif version > schema.version:
        raise OrgLoopError(
            f"{path} was written by a newer OrgLoop ({schema.kind}, version {version}; this one "
            f"knows version {schema.version}): install that one again"
        )
    elif version < schema.version:
        _bring_up(connection, schema, version)


def _bring_up(connection: sqlite3.Connection, schema: Schema, version: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statements in schema.versions[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {schema.application_id}")
    connection.execute(f"PRAGMA user_version = {schema.version}")
    connection.execute("COMMIT")
