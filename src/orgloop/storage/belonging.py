"""Find out whether the event log and the queues of a home belong together."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from orgloop.storage.event_tables import highest_seq
from orgloop.storage.finding import Finding, Looked
from orgloop.storage.home import Home
from orgloop.storage.queue_damage import missing_events


def compare(home: Home, log: Looked, queues: Sequence[Looked]) -> list[Finding]:
    """Add what is found to the findings; return those of queues that are not there at all."""
    if log.connection is None or not log.finding.is_sound:
        if queues and log.finding.is_sound:
            log.finding.problems.append("it is missing or empty, while there are queues")
        return []
    for queue in queues:
        if queue.connection is not None and queue.finding.is_sound:
            _compare_one(log, log.connection, queue.finding, queue.connection)
    known = {queue.finding.file: queue for queue in queues}
    gone: list[Finding] = []
    for name in _projects_with_events(log.connection):
        found = known.get(home.queue(name))
        if found is None:
            gone.append(_gone(Finding(home.queue(name), "queue", project=name)))
        elif found.finding.is_sound and _cursor(found.connection) is None:
            _gone(found.finding)
    return gone


def _compare_one(
    log: Looked, events: sqlite3.Connection, finding: Finding, queue: sqlite3.Connection
) -> None:
    high, cursor = highest_seq(events), _cursor(queue)
    if cursor is not None and cursor > high:
        log.finding.problems.append(
            f"it ends at {high}, but {finding.file} has routed up to {cursor}: events were lost"
        )
    lost = missing_events(queue, events)
    if lost:
        finding.notes.append(f"open deliveries whose event is no longer in the log: {lost}")


def _gone(finding: Finding) -> Finding:
    finding.is_gone = True
    finding.problems.append(
        "it is missing while the event log holds its project's events: say where to go on, with "
        "`orgloop start --cursor start`, `end` or a sequence number"
    )
    return finding


def _cursor(queue: sqlite3.Connection | None) -> int | None:
    row = queue.execute("SELECT seq FROM cursor").fetchone() if queue is not None else None
    return int(row[0]) if row else None


def _projects_with_events(events: sqlite3.Connection) -> list[str]:
    found = events.execute(
        "SELECT name FROM projects WHERE EXISTS "
        "(SELECT 1 FROM events WHERE events.project = projects.num) ORDER BY name"
    )
    return [name for (name,) in found]
