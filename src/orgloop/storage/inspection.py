"""Look at every file under ``data/``, whole, and change nothing. Also while a runtime writes them.

Queues are read before the event log: so each one's snapshot is no newer than the log's, and a
cursor that is ahead of the log is damage.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path

from orgloop.storage.belonging import compare
from orgloop.storage.checkpoints import read_checkpoint
from orgloop.storage.database import Schema, open_for_reading
from orgloop.storage.event_damage import damaged_events
from orgloop.storage.event_tables import SCHEMA as LOG_SCHEMA
from orgloop.storage.failure import is_refusal, storage_error
from orgloop.storage.finding import Finding, Looked
from orgloop.storage.home import Home
from orgloop.storage.losses import queue_files
from orgloop.storage.names import name_of
from orgloop.storage.queue_damage import damaged_deliveries
from orgloop.storage.queue_schema import SCHEMA as QUEUE_SCHEMA
from orgloop.storage.soundness import UNREADABLE, wrong_tables

_MOST_PROBLEMS = 20  # of one file


def inspect(home: Home, lost: Mapping[Path, str]) -> list[Finding]:
    """Look at all files; ``lost`` is what `losses` said of them, nothing while a runtime runs.

    Raises `StorageUnavailable` where the disk keeps them from being read.
    """
    with ExitStack() as stack:
        queues = [
            _look_at(stack, _of_queue(path), QUEUE_SCHEMA, lost) for path in queue_files(home)
        ]
        log = _look_at(stack, Finding(home.event_log, LOG_SCHEMA.kind), LOG_SCHEMA, lost)
        gone = compare(home, log, queues)
    looked = [one.finding for one in (log, *queues)]
    found = [one for one in looked if one.file.exists() or one.problems]
    return [*found, *gone, *_checkpoints(home)]


def _of_queue(path: Path) -> Finding:
    return Finding(path, QUEUE_SCHEMA.kind, project=name_of(path.stem))


def _look_at(
    stack: ExitStack, finding: Finding, schema: Schema, lost: Mapping[Path, str]
) -> Looked:
    path = finding.file
    if path in lost:
        finding.problems.append(lost[path])
        return Looked(finding, None)
    if not path.exists() or not path.stat().st_size:
        return Looked(finding, None)
    connection = stack.enter_context(closing(open_for_reading(path)))
    try:
        connection.execute("BEGIN")
        finding.problems += islice(_problems(connection, schema, path), _MOST_PROBLEMS)
        if not connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            return Looked(finding, None)  # a database without a table is as empty as no file
    except UNREADABLE as error:
        if is_refusal(error):
            raise storage_error(error, path) or error from error
        finding.problems.append(str(error))
    return Looked(finding, connection)


def _problems(connection: sqlite3.Connection, schema: Schema, path: Path) -> Iterator[str]:
    for (line,) in connection.execute(f"PRAGMA integrity_check({_MOST_PROBLEMS})"):
        if line != "ok":
            yield str(line).splitlines()[-1]
    wrong = wrong_tables(connection, schema)
    if wrong is not None:
        yield wrong
    elif connection.execute("PRAGMA user_version").fetchone()[0] == schema.version:
        if schema is LOG_SCHEMA:
            yield from damaged_events(connection)
        else:
            yield from damaged_deliveries(connection, name_of(path.stem))


def _checkpoints(home: Home) -> Iterator[Finding]:
    for path in sorted(home.checkpoints.glob("*/[!.]*.json")):
        finding = Finding(path, "checkpoint", project=name_of(path.parent.name))
        try:
            read_checkpoint(path)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            finding.problems.append(f"it cannot be read: {error}")
        yield finding
