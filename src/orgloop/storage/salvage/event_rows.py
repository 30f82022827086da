"""Events as they are found in a damaged log."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import orjson
from attrs import frozen

from orgloop.event import Event
from orgloop.records import tracking_id_of
from orgloop.storage.salvage.cells import Cell
from orgloop.times import to_epoch_ms

_FEWEST, _MOST = 10, 12  # columns of version 1, and of today
_BODY, _CRC = 9, 10


@frozen
class FoundEvent:
    """An event whose body is as it was written."""

    event: Event
    body: bytes
    number: int | None
    """The one it has in the file."""
    project: int | None
    """The number of its project in the file; its origin says the name."""
    time: int
    trace: str
    parent: str | None
    depth: int

    @property
    def id(self) -> str:
        return self.event.id

    @classmethod
    def of_cell(cls, cell: Cell) -> FoundEvent | None:
        """Return the event of a row; `None` if it is none, or not as it was written."""
        record = cell.record
        if not cell.is_whole or not _FEWEST <= len(record) <= _MOST:
            return None
        crc = record[_CRC] if len(record) > _CRC else None
        found = cls.of_body(record[_BODY], crc)
        if found is None or (crc is None and found.id != record[2]):
            return None
        return cls(
            found.event,
            found.body,
            cell.rowid,
            _number(record[1]),
            _number(record[5]) or found.time,
            record[6] if isinstance(record[6], str) else found.trace,
            record[7] if isinstance(record[7], str) else None,
            _number(record[8]) or 1,
        )

    @classmethod
    def of_body(cls, body: object, crc: object) -> FoundEvent | None:
        """Return the event with that body and checksum, `None` if they disagree."""
        if not isinstance(body, bytes) or not _is_as_written(body, crc):
            return None
        try:
            event = Event.from_bytes(body)
            time = to_epoch_ms(event.timestamp)
        except (ValueError, LookupError, TypeError, AttributeError):
            return None
        return cls(event, body, None, None, time, event.trace_id or "", None, 1)

    def row(self, number: int, project: int) -> tuple[Any, ...]:
        """Return the event as a row of the log, under these numbers."""
        one = self.event
        return (
            number,
            project,
            one.id,
            one.source,
            one.type,
            self.time,
            self.trace,
            self.parent,
            self.depth,
            self.body,
            crc32(self.body),
            tracking_id_of(one),
        )


def _is_as_written(body: bytes, crc: object) -> bool:
    if not isinstance(crc, int):
        return crc is None and _is_json(body)
    wrong = crc ^ crc32(body)
    # Where a byte of the checksum itself was damaged the rest of it is right. That a damaged body
    # leads to such a checksum is as good as impossible.
    is_one_byte = any(not wrong & ~(0xFF << shift) for shift in (0, 8, 16, 24))
    return not wrong or (is_one_byte and _is_json(body))


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(orjson.loads(body), dict)
    except orjson.JSONDecodeError:
        return False


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None
