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

from attrs import define, field

from orgloop.storage.checkpoints import read_checkpoint
from orgloop.storage.database import Schema, open_for_reading
from orgloop.storage.event_damage import damaged_events
from orgloop.storage.event_tables import SCHEMA as LOG_SCHEMA
from orgloop.storage.event_tables import highest_seq
from orgloop.storage.failure import is_refusal
from orgloop.storage.home import Home
from orgloop.storage.names import name_of
from orgloop.storage.queue_damage import damaged_deliveries, missing_events
from orgloop.storage.queue_schema import SCHEMA as QUEUE_SCHEMA
from orgloop.storage.soundness import UNREADABLE, missing_bytes, wrong_tables

_MOST_PROBLEMS = 20  # of one file


@define
class Finding:
    """What there is to say of one file."""

    file: Path
    kind: str
    """``event log``, ``queue`` or ``checkpoint``."""
    problems: list[str] = field(factory=list)
    """What is damaged; none: it is sound."""
    notes: list[str] = field(factory=list)
    """What else is worth knowing."""
    project: str | None = None
    cursor: int | None = None
    """Of a queue: how far it has routed."""

    @property
    def is_sound(self) -> bool:
        return not self.problems


def losses(home: Home) -> dict[Path, str]:
    """Say of each file that has lost something what that is. While no runtime has the home.

    It comes before anything else is done with the files: SQLite would forget what it finds missing.
    """
    files = (home.event_log, *queue_files(home))
    return {file: lost for file in files if (lost := missing_bytes(file)) is not None}


def inspect(home: Home, lost: Mapping[Path, str]) -> list[Finding]:
    """Look at all files; ``lost`` is what `losses` said of them, nothing while a runtime runs."""
    with ExitStack() as stack:
        queues = [
            _look_at(stack, Finding(path, QUEUE_SCHEMA.kind), QUEUE_SCHEMA, lost)
            for path in queue_files(home)
        ]
        log = _look_at(stack, Finding(home.event_log, LOG_SCHEMA.kind), LOG_SCHEMA, lost)
        findings = [log[0], *(finding for finding, _ in queues)]
        _compare(home, log, queues)
    return [one for one in findings if one.file.exists() or one.problems] + list(_checkpoints(home))


def queue_files(home: Home) -> list[Path]:
    """Return the queues of a home."""
    return sorted(home.queues.glob("*.db"))


_Looked = tuple[Finding, sqlite3.Connection | None]


def _look_at(
    stack: ExitStack, finding: Finding, schema: Schema, lost: Mapping[Path, str]
) -> _Looked:
    path = finding.file
    if path in lost:
        finding.problems.append(lost[path])
        return finding, None
    if not path.exists() or not path.stat().st_size:
        return finding, None
    connection = stack.enter_context(closing(open_for_reading(path)))
    try:
        connection.execute("BEGIN")
        finding.problems += islice(_problems(connection, schema, path), _MOST_PROBLEMS)
    except UNREADABLE as error:
        if is_refusal(error):
            raise
        finding.problems.append(str(error))
    return finding, connection


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


def _compare(home: Home, log: _Looked, queues: list[_Looked]) -> None:
    """Find out whether the log and the queues belong together, as far as they can be read."""
    found, events = log
    if events is None or not found.is_sound:
        if queues and found.is_sound:
            found.problems.append("it is missing or empty, while there are queues")
        return
    high = highest_seq(events)
    for finding, queue in queues:
        finding.project = name_of(finding.file.stem)
        if queue is None or not finding.is_sound:
            continue
        row = queue.execute("SELECT seq FROM cursor").fetchone()
        finding.cursor = row[0] if row else None
        if finding.cursor is not None and finding.cursor > high:
            found.problems.append(
                f"it ends at {high}, but {finding.file} has routed up to {finding.cursor}: "
                "events were lost"
            )
        lost = missing_events(queue, events)
        if lost:
            finding.notes.append(f"open deliveries whose event is no longer in the log: {lost}")
    for project in _without_queue(home, events):
        found.notes.append(
            f"it holds events of project {project}, whose queue {home.queue(project)} is missing: "
            "start with `--cursor start`, `end` or a sequence number"
        )


def _without_queue(home: Home, events: sqlite3.Connection) -> list[str]:
    return [
        name
        for (name,) in events.execute(
            "SELECT name FROM projects WHERE EXISTS "
            "(SELECT 1 FROM events WHERE events.project = projects.num)"
        )
        if not home.queue(name).exists()
    ]


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
