"""What can be asked of the event log: functions over a connection that reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import orjson

from orgloop.records import EventQuery, EventRecord
from orgloop.storage.conditions import Conditions
from orgloop.storage.event_tables import OTHER_TRACE, UNTIED
from orgloop.storage.hours import bounds
from orgloop.storage.rows import as_list

_COLUMNS = (
    "e.seq, e.id, p.name, e.source, e.type, e.time, e.trace, e.parent, e.depth, e.body, "
    "e.tracking, e.crc"
)
_SELECT = f"SELECT {_COLUMNS} FROM events AS e JOIN projects AS p ON p.num = e.project"
_STRETCH_BYTES = 8_000_000
_NUMBER = "(SELECT num FROM projects WHERE name = ?)"


def projects(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the projects that have, or had, events here."""
    return [name for (name,) in connection.execute("SELECT name FROM projects ORDER BY num")]


def read(connection: sqlite3.Connection, project: str, after: int, limit: int) -> list[EventRecord]:
    """See `IEventLog.read`. A stretch ends early where events are large: it is in memory whole."""
    statement = f"{_SELECT} WHERE e.project = {_NUMBER} AND e.seq > ? ORDER BY e.seq LIMIT ?"
    return _bounded(connection, statement, (project, after, limit), _STRETCH_BYTES)


def get(connection: sqlite3.Connection, project: str, event_id: str) -> EventRecord | None:
    """See `IEventLog.get`."""
    found = _records(
        connection,
        f"{_SELECT} WHERE e.seq = (SELECT seq FROM ids WHERE project = {_NUMBER} AND id = ?)",
        (project, event_id),
    )
    return found[0] if found else None


def ids_beginning(
    connection: sqlite3.Connection, project: str, prefix: str, limit: int
) -> list[str]:
    """See `IEventLog.ids_beginning`. Ids are letters and digits, which stand before DEL."""
    found = connection.execute(
        f"SELECT id FROM ids WHERE project = {_NUMBER} AND id >= ? AND id < ? ORDER BY id LIMIT ?",
        (project, prefix, f"{prefix}\x7f", limit),
    )
    return [event_id for (event_id,) in found]


def get_many(
    connection: sqlite3.Connection, project: str, seqs: Sequence[int]
) -> list[EventRecord]:
    """See `IEventLog.get_many`."""
    return _records(
        connection,
        f"{_SELECT} WHERE e.seq IN (SELECT value FROM json_each(?)) AND p.name = ?",
        (as_list(seqs), project),
    )


def effects_of(connection: sqlite3.Connection, project: str, event_id: str) -> list[EventRecord]:
    """See `IEventLog.effects_of`."""
    return _records(
        connection,
        f"{_SELECT} WHERE e.project = {_NUMBER} AND e.parent = ? ORDER BY e.seq",
        (project, event_id),
    )


def tracked(connection: sqlite3.Connection, project: str, tracking_id: str) -> list[EventRecord]:
    """See `IEventLog.tracked`."""
    return _records(
        connection,
        f"{_SELECT} WHERE e.project = {_NUMBER} AND e.tracking = ? ORDER BY e.seq",
        (project, tracking_id),
    )


def untied(connection: sqlite3.Connection, project: str, limit: int) -> list[EventRecord]:
    """See `IEventLog.untied`."""
    return _records(
        connection,
        f"{_SELECT} WHERE e.project = {_NUMBER} AND {UNTIED} ORDER BY e.seq DESC LIMIT ?",
        (project, limit),
    )


def query(connection: sqlite3.Connection, wanted: EventQuery) -> list[EventRecord]:
    """See `IEventLog.query`."""
    conditions = Conditions()
    if wanted.project is not None:
        conditions.add(f"e.project = {_NUMBER}", wanted.project)
        _bound_by_time(connection, wanted, conditions)
    conditions.add_any_of("e.source", wanted.sources)
    conditions.add_any_of("e.type", wanted.types)
    if wanted.trace_id is not None:
        seqs = _seqs_of_trace(connection, wanted.trace_id)
        conditions.add("e.seq IN (SELECT value FROM json_each(?))", as_list(seqs))
        conditions.add("e.trace = ?", wanted.trace_id)
    if wanted.accepted_from is not None:
        conditions.add("e.time >= ?", wanted.accepted_from)
    if wanted.accepted_to is not None:
        conditions.add("e.time < ?", wanted.accepted_to)
    if wanted.before_seq is not None:
        conditions.add("e.seq < ?", wanted.before_seq)
    if wanted.after_seq is not None:
        conditions.add("e.seq > ?", wanted.after_seq)
    direction = "ASC" if wanted.oldest_first else "DESC"
    statement = f"{_SELECT} {conditions.where} ORDER BY e.seq {direction} LIMIT ?"
    parameters = (*conditions.parameters, wanted.limit)
    if wanted.most_bytes is None:
        return _records(connection, statement, parameters)
    return _bounded(connection, statement, parameters, wanted.most_bytes)


def _bound_by_time(
    connection: sqlite3.Connection, wanted: EventQuery, conditions: Conditions
) -> None:
    if wanted.accepted_from is None and wanted.accepted_to is None:
        return
    number = connection.execute(
        "SELECT num FROM projects WHERE name = ?", (wanted.project,)
    ).fetchone()
    first, last = bounds(
        connection, number[0] if number else 0, wanted.accepted_from, wanted.accepted_to
    )
    conditions.add("e.seq >= ?", first)
    if last is not None:
        conditions.add("e.seq <= ?", last)


def _seqs_of_trace(connection: sqlite3.Connection, trace_id: str) -> list[int]:
    root = "evt_" + trace_id.removeprefix("trc_")
    return [
        seq
        for (seq,) in connection.execute(
            "SELECT seq FROM ids WHERE project IN (SELECT num FROM projects) AND id = ? "
            "UNION SELECT seq FROM events WHERE project IN (SELECT num FROM projects) "
            f"AND trace = ? AND {OTHER_TRACE}",
            (root, trace_id),
        )
    ]


def prunable(
    connection: sqlite3.Connection,
    project: str,
    accepted_before: int,
    after: int,
    up_to: int,
    limit: int,
) -> list[int]:
    """See `IEventLog.prunable`."""
    number = connection.execute("SELECT num FROM projects WHERE name = ?", (project,)).fetchone()
    if number is None:
        return []
    _, last = bounds(connection, number[0], None, accepted_before)
    found = connection.execute(
        "SELECT seq FROM events WHERE project = ? AND seq > ? AND seq <= ? AND time < ? "
        "ORDER BY seq LIMIT ?",
        (number[0], after, up_to if last is None else min(up_to, last), accepted_before, limit),
    )
    return [seq for (seq,) in found]


def _records(
    connection: sqlite3.Connection, statement: str, parameters: Sequence[Any]
) -> list[EventRecord]:
    return [_record(row) for row in connection.execute(statement, parameters)]


def _bounded(
    connection: sqlite3.Connection, statement: str, parameters: Sequence[Any], most_bytes: int
) -> list[EventRecord]:
    """Return records up to the one with which they hold so many bytes."""
    found, size = [], 0
    for row in connection.execute(statement, parameters):
        record = _record(row)
        found.append(record)
        size += len(record.body)
        if size >= most_bytes:
            break
    return found


def _record(row: Sequence[Any]) -> EventRecord:
    seq, event_id, project, source, of_type, time, trace, parent, depth, body, tracking, crc = row
    return EventRecord(
        seq,
        event_id,
        project,
        source,
        of_type,
        time,
        trace,
        parent,
        depth,
        body if isinstance(body, bytes) else b"",
        tracking,
        is_damaged=not is_sound(body, crc),
    )


def is_sound(body: object, crc: object) -> bool:
    """Whether what stands in a row's ``body`` is what was written there, as far as can be told."""
    if not isinstance(body, bytes):
        return False
    return _is_json(body) if crc is None else crc == crc32(body)


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True
