"""Look at a file before it is used: has something of it gone that was committed?

SQLite reads a write-ahead log up to the first frame that is missing or broken and ignores the rest
without a word, reads zeros where its file was cut, and knows no checksums of values. So a file is
looked at once, before the first connection to it is opened.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Collection
from contextlib import closing
from itertools import chain
from pathlib import Path

from orgloop.storage.database import Schema, open_for_reading
from orgloop.storage.failure import damaged, is_refusal
from orgloop.storage.salvage.rawfile import RawFile, beside, opened
from orgloop.storage.salvage.swap import finish_swap
from orgloop.storage.salvage.walfile import WriteAheadLog
from orgloop.storage.salvage.walindex import WalIndex

# Checking a file whole takes about a second per 100 MB; larger ones are looked at in passing, and
# whole by `orgloop data check`.
_CHECKED_WHOLE_BYTES = 16 * 1024 * 1024
UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What SQLite, or Python's module for it, raises for a file that makes no sense."""
_LOCK_BYTE = 0x40000000  # the page with this byte is never used


def require_sound(path: Path, schema: Schema) -> None:
    """Raise `StorageDamaged` if the file has lost something, as far as can be seen quickly.

    While no other process writes the file, and before this one opens it. The message is the same
    every time: nothing is changed here. A file that is not there is sound.
    """
    finish_swap(path)
    problem = missing_bytes(path)
    if problem is None and path.exists() and path.stat().st_size:
        problem = structural_damage(path, schema)
    if problem is not None:
        raise damaged(path, problem)


def missing_bytes(path: Path) -> str | None:
    """Say what the files of a database no longer hold of what was committed.

    Also makes durable what they do hold: a process may have been killed between writing and
    syncing, and what is read now will be built upon.
    """
    with (
        opened(path) as main,
        opened(beside(path, "-wal")) as wal,
        opened(beside(path, "-shm")) as shm,
    ):
        if main is None or not main.size:
            is_new = wal is None or not wal.size
            return None if is_new else "it is missing, but its write-ahead log is there"
        if wal is not None:
            wal.sync()
        log = WriteAheadLog.of(wal)
        held: set[int] = set()
        written: set[int] = set()  # by a transaction whose end has not been read yet
        committed = count = 0
        for frame in log.sound_frames() if log is not None else ():
            written.add(frame.page)
            if frame.commit_pages:
                committed, count = frame.number, frame.commit_pages
                held |= written
                written.clear()
        return _lost_frames(log, WalIndex.of(shm), committed) or _lost_pages(main, log, held, count)


def _lost_frames(log: WriteAheadLog | None, index: WalIndex | None, committed: int) -> str | None:
    if index is None or not index.last_frame:
        return None
    if log is None:
        # It is empty or its header is broken, and SQLite takes it for a new one.
        is_lost = index.checkpointed < index.last_frame
    else:
        # Of another generation: the index is an older one, which only a loss of power leaves.
        is_lost = log.salts == index.salts and committed < index.last_frame
    if not is_lost:
        return None
    return (
        f"its write-ahead log held {index.last_frame} pages of committed changes, of which "
        f"{committed if log is not None else 0} can be read"
    )


def _lost_pages(
    main: RawFile, log: WriteAheadLog | None, held: Collection[int], count: int
) -> str | None:
    header = main.read(0, 100)
    if len(header) < 100:
        return None if 1 in held else f"it was cut to {main.size} bytes"
    page_size = log.page_size if log is not None else _page_size(header)
    wanted = count or _pages_by_header(header)
    whole = main.size // page_size
    elsewhere = {_LOCK_BYTE // page_size + 1, *held}
    lost = wanted - whole - sum(whole < page <= wanted for page in elsewhere)
    return f"{lost} of its {wanted} pages are missing at the end" if lost > 0 else None


def _page_size(header: bytes) -> int:
    (size,) = struct.unpack_from(">H", header, 16)
    return 65536 if size == 1 else max(size, 512)


def _pages_by_header(header: bytes) -> int:
    """Return the size that the file says it has, 0 if it does not say."""
    changes, pages = struct.unpack_from(">II", header, 24)
    (valid_for,) = struct.unpack_from(">I", header, 92)
    return int(pages) if changes == valid_for else 0


def structural_damage(path: Path, schema: Schema) -> str | None:
    """Say what is wrong with the structure of a file that is there; also while another writes it.

    Looks at a small file whole, at a large one in passing.
    """
    # Through a connection that only reads: closing one that may write moves the write-ahead log
    # into the file, and what can still be salvaged must stay as it is.
    with closing(open_for_reading(path)) as connection:
        try:
            if path.stat().st_size <= _CHECKED_WHOLE_BYTES:
                found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
                if found != "ok":
                    return found.splitlines()[-1]  # the first names the database
            _touch_tables(connection)
            return wrong_tables(connection, schema)
        except UNREADABLE as error:
            if is_refusal(error):
                raise
            return str(error)


def wrong_tables(connection: sqlite3.Connection, schema: Schema) -> str | None:
    """Say which table or index is not what this version makes: SQLite believes what it reads."""
    [version] = connection.execute("PRAGMA user_version").fetchone()
    [application_id] = connection.execute("PRAGMA application_id").fetchone()
    is_new = application_id == 0 and not _definitions(connection)
    if is_new or version > schema.version:
        return None  # opening it sees to that
    if application_id != schema.application_id:
        return f"it is no {schema.kind} of OrgLoop"
    with closing(sqlite3.connect(":memory:")) as model:
        for statement in chain.from_iterable(schema.versions[:version]):
            model.execute(statement)
        there, meant = _definitions(connection), _definitions(model)
    wrong = sorted(str(name) for _, name, *_ in there ^ meant)
    return f"the definition of {wrong[0]} is not as it was written" if wrong else None


def _definitions(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    """Return type, name, table and definition of everything, however that is broken into lines."""
    found = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
    )
    return {(*what, " ".join((sql or "").split())) for *what, sql in found}


def _touch_tables(connection: sqlite3.Connection) -> None:
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        connection.execute(f'SELECT * FROM "{table}" LIMIT 1').fetchall()
