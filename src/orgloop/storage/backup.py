"""Copy what a runtime keeps, while it runs or not, and put a copy into an empty home.

Checkpoints are copied first, then the queues, the event log last: so the log holds everything that
a checkpoint or a cursor has passed. Each file is a snapshot of one moment.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from orgloop.errors import OrgLoopError, StorageDamaged, StorageUnavailable
from orgloop.storage.atomic import sync_directory, write_atomically
from orgloop.storage.database import open_for_reading, reading
from orgloop.storage.failure import storage_error
from orgloop.storage.finding import Finding
from orgloop.storage.home import Home
from orgloop.storage.inspection import inspect
from orgloop.storage.losses import losses, queue_files


def back_up(home: Home, target: Path) -> list[Finding]:
    """Write a copy of the home's ``data/`` to ``target``; return what was found in it.

    ``target`` is empty or does not exist, and appears whole or not at all. The runtime, if there is
    one, goes on. Raises `OrgLoopError` where the copy would be none.
    """
    _require_empty(target)
    with _made_for(target) as copy:
        for file in sorted(home.checkpoints.glob("*/[!.]*.json")):
            _copy_small(file, copy.checkpoints / file.parent.name / file.name)
        for file in queue_files(home):
            _copy_database(file, copy.queues / file.name)
        if home.event_log.exists():
            _copy_database(home.event_log, copy.event_log)
        return _looked_through(copy)


def restore(source: Path, home: Home) -> list[Finding]:
    """Put a copy of a ``data/`` into a home that keeps nothing yet; return what is there.

    The home's lock is held. A copy that is damaged is refused.
    """
    if not (source / "wal").is_dir() and not (source / "queue").is_dir():
        raise OrgLoopError(f"{source} is no backup: it has no directories wal and queue")
    _require_empty(home.data, but=home.fingerprint_key_file)
    with _made_for(home.data) as copy:
        if home.fingerprint_key_file.exists():  # state.json, which stays, is read with it
            _copy_small(home.fingerprint_key_file, copy.fingerprint_key_file)
        for directory in (copy.checkpoints, copy.queues, copy.event_log.parent):
            _copy_tree(source / directory.name, directory)
        return _looked_through(copy)


def _require_empty(directory: Path, *, but: Path | None = None) -> None:
    if directory.exists() and (
        not directory.is_dir()
        or any(not found.is_dir() and found != but for found in directory.rglob("*"))
    ):
        raise OrgLoopError(f"{directory} is not empty: nothing was copied; name an empty place")


@contextmanager
def _made_for(target: Path) -> Iterator[Home]:
    """Fill a home of its own; its data takes the place of ``target`` if nothing goes wrong."""
    partial = Home(target.with_name(f".{target.name}.partial"))
    try:
        shutil.rmtree(partial.root, ignore_errors=True)
        for directory in (partial.checkpoints, partial.queues, partial.event_log.parent):
            directory.mkdir(mode=0o700, parents=True)
        yield partial
        _sync_all(partial.data)
        shutil.rmtree(target, ignore_errors=True)  # empty directories
        os.rename(partial.data, target)
        sync_directory(target.parent)
    except (OSError, sqlite3.Error) as error:
        problem = storage_error(error, target)
        raise problem or StorageUnavailable(f"{target} cannot be written: {error}") from error
    finally:
        shutil.rmtree(partial.root, ignore_errors=True)


def _copy_small(file: Path, to: Path) -> None:
    to.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        write_atomically(to, file.read_bytes())
    except FileNotFoundError:
        return  # deleted just now


def _copy_database(file: Path, to: Path) -> None:
    os.close(os.open(to, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with reading(file) as source:
        source.execute("SELECT 1 FROM sqlite_master").fetchone()  # else the copy would be blamed
    with closing(open_for_reading(file)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)  # in one step: the snapshot of one moment, and no writer waits for it


def _copy_tree(source: Path, target: Path) -> None:
    if not source.is_dir():
        return
    for file in sorted(source.rglob("*")):
        to = target / file.relative_to(source)
        if file.is_dir():
            to.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif file.is_file():
            shutil.copyfile(file, to)
            to.chmod(0o600)


def _looked_through(copy: Home) -> list[Finding]:
    findings = inspect(copy, losses(copy))
    for finding in findings:
        if finding.problems and not finding.is_gone:
            raise StorageDamaged(
                f"the copy of {finding.file.name} is damaged ({finding.problems[0]}), and was not "
                "kept: see `orgloop data check`"
            )
    for path in (copy.event_log, *queue_files(copy)):
        if path.exists():
            _tidy(path)
    return findings


def _tidy(path: Path) -> None:
    """Leave a database without anything beside it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint").fetchall()


def _sync_all(directory: Path) -> None:
    for path in sorted(directory.rglob("*")):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    sync_directory(directory)
