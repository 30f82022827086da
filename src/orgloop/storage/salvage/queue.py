"""Salvage a queue: every row that can be read, and the place from where to route again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from attrs import frozen

from orgloop.storage.salvage.cells import Cell
from orgloop.storage.salvage.database import Wreck, wreck_of
from orgloop.storage.salvage.deliveries import DeliveryColumns
from orgloop.storage.salvage.order import put_in_order


def _has_kinds(*kinds: type | tuple[type, ...]) -> Callable[[Cell], bool]:
    def fits(cell: Cell) -> bool:
        return len(cell.record) == len(kinds) and all(map(isinstance, cell.record, kinds))

    return fits


_NOTHING = type(None)
_FORMS = {
    "attempts": _has_kinds(int, int, int, int, str, (str, _NOTHING)),
    "memory": _has_kinds(str, str, str, int),
    "prompts": _has_kinds(str, str, bytes),
    "inboxes": _has_kinds(str, int, int, int),
    "degraded": _has_kinds(str, str),
}
"""Tables whose rows stand on their own, and how one looks; the rest is made anew."""


@frozen
class SalvagedQueue:
    """What became of a queue."""

    kept: int
    cursor: int | None
    """How far it had routed, if that can be read."""
    may_lack: bool
    """Whether deliveries may be gone."""


def salvage_queue(
    path: Path, new: sqlite3.Connection, project: str | None, *, has_lost_changes: bool
) -> SalvagedQueue:
    """Fill the empty queue ``new`` with what can be read of the one at ``path``.

    ``has_lost_changes``: its write-ahead log has lost something, or its file was cut. The cursor is
    left to be set.
    """
    columns = _columns(new, project)
    with wreck_of(path) as wreck:
        new.execute("BEGIN IMMEDIATE")
        _insert(new, columns, wreck.rows("deliveries", columns.fits))
        may_lack = has_lost_changes or wreck.has_gaps
        for table, fits in _FORMS.items():
            _copy(new, table, wreck.rows(table, fits))
        cursor = _single(wreck, "cursor")
        latest = _latest(wreck)
        highest = _given_out(wreck)
        _insert(new, columns, wreck.strays(columns.fits))
        _insert(new, columns, wreck.earlier(columns.fits))
        for table in ("attempts", "prompts"):
            _copy(new, table, wreck.strays(_FORMS[table]))
    if latest is not None:
        new.execute("INSERT INTO latest VALUES (1, ?, ?)", latest)
    put_in_order(new, highest)
    new.execute("COMMIT")
    [kept] = new.execute("SELECT count(*) FROM deliveries").fetchone()
    return SalvagedQueue(kept, cursor, may_lack or cursor is None)


def _columns(new: sqlite3.Connection, project: str | None) -> DeliveryColumns:
    found = new.execute("PRAGMA table_info(deliveries)").fetchall()
    defaults = [None if default is None else int(default) for *_, default, _ in found]
    return DeliveryColumns([name for _, name, *_ in found], defaults, project)


def _insert(new: sqlite3.Connection, columns: DeliveryColumns, cells: Iterable[Cell]) -> None:
    holders = ", ".join("?" * len(columns.names))
    new.executemany(
        f"INSERT OR IGNORE INTO deliveries VALUES ({holders})", map(columns.values, cells)
    )


def _copy(new: sqlite3.Connection, table: str, cells: Iterable[Cell]) -> None:
    width = len(new.execute(f"PRAGMA table_info({table})").fetchall())
    new.executemany(
        f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * width)})",
        (cell.record for cell in cells if cell.is_whole and len(cell.record) == width),
    )


def _single(wreck: Wreck, table: str) -> int | None:
    """Return the number in a table of one row."""
    for cell in wreck.rows(table, lambda cell: len(cell.record) == 2):
        if isinstance(cell.record[1], int) and cell.record[1] >= 0:
            return cell.record[1]
    return None


def _latest(wreck: Wreck) -> tuple[int, int] | None:
    for cell in wreck.rows("latest", lambda cell: len(cell.record) == 3):
        match cell.record:
            case (_, int(time), int(wall)) if time >= 0:
                return time, wall
    return None


def _given_out(wreck: Wreck) -> int:
    for cell in wreck.rows("sqlite_sequence", lambda cell: len(cell.record) == 2):
        match cell.record:
            case ("deliveries", int(highest)):
                return highest
    return 0
