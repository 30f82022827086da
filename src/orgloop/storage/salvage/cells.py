"""The content of one b-tree page: its cells, and the records in them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from attrs import frozen

from orgloop.storage.salvage.images import HEADER_BYTES, Images

INDEX_INTERIOR, TABLE_INTERIOR, INDEX_LEAF, TABLE_LEAF = 2, 5, 10, 13
_KINDS = frozenset({INDEX_INTERIOR, TABLE_INTERIOR, INDEX_LEAF, TABLE_LEAF})
_INTERIOR = frozenset({INDEX_INTERIOR, TABLE_INTERIOR})
_LENGTHS = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}

Value = None | int | float | str | bytes
Record = tuple[Value, ...]


class Unreadable(Exception):
    """Bytes that are not what the format wants at their place."""


@frozen
class Cell:
    """One entry of a page."""

    rowid: int | None
    """Of a table with row ids."""
    record: Record
    is_whole: bool
    """Whether all of it could be read; else the values at the end are missing."""
    overflow: tuple[int, ...] = ()
    """The pages that hold the rest of it."""


@frozen
class Node:
    """A b-tree page whose head makes sense."""

    kind: int
    children: tuple[int, ...]
    content: bytes
    _pointers: tuple[int, ...]
    _images: Images

    def cells(self) -> Iterator[Cell]:
        """Yield what can be read of the page's cells, none of a table's interior page."""
        if self.kind == TABLE_INTERIOR:
            return
        for pointer in self._pointers:
            try:
                yield self._cell(pointer)
            except (Unreadable, IndexError, struct.error, UnicodeDecodeError):
                continue

    @property
    def size(self) -> int:
        """How many cells it says it has."""
        return 0 if self.kind == TABLE_INTERIOR else len(self._pointers)

    def _cell(self, at: int) -> Cell:
        if self.kind == INDEX_INTERIOR:
            at += 4
        length, at = varint(self.content, at)
        rowid: int | None = None
        if self.kind == TABLE_LEAF:
            rowid, at = varint(self.content, at)
        payload, overflow = self._payload(length, at)
        return Cell(rowid, _record(payload, length), len(payload) == length, overflow)

    def _payload(self, length: int, at: int) -> tuple[bytes, tuple[int, ...]]:
        usable = self._images.usable
        most = usable - 35 if self.kind == TABLE_LEAF else (usable - 12) * 64 // 255 - 23
        if length <= most:
            if at + length > usable:
                raise Unreadable("a cell reaches over the end of its page")
            return self.content[at : at + length], ()
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        local = local if local <= most else least
        if at + local + 4 > usable:
            raise Unreadable("a cell reaches over the end of its page")
        (first,) = struct.unpack_from(">I", self.content, at + local)
        rest, pages = _overflow(self._images, first, length - local)
        return self.content[at : at + local] + rest, pages


def node_of(images: Images, page: int, content: bytes) -> Node | None:
    """Return the b-tree page that ``content`` is, `None` if it is none."""
    head = HEADER_BYTES if page == 1 else 0
    kind, _, count = struct.unpack_from(">BHH", content, head)
    size = 12 if kind in _INTERIOR else 8
    if kind not in _KINDS or head + size + 2 * count > images.usable:
        return None
    pointers = struct.unpack_from(f">{count}H", content, head + size)
    if any(not head + size + 2 * count <= one < images.usable for one in pointers):
        return None
    children: tuple[int, ...] = ()
    if kind in _INTERIOR:
        last = struct.unpack_from(">I", content, head + 8)
        children = tuple(
            struct.unpack_from(">I", content, one)[0] for one in pointers if one + 4 <= len(content)
        )
        children += last
    return Node(kind, children, content, pointers, images)


def _overflow(images: Images, first: int, length: int) -> tuple[bytes, tuple[int, ...]]:
    """Return what lies on a chain of pages, less than ``length`` where it is broken."""
    found, pages, page = b"", [], first
    while len(found) < length and 0 < page <= images.count and page not in pages:
        content = images.latest(page)
        if content is None:
            break
        pages.append(page)
        (page,) = struct.unpack_from(">I", content)
        found += content[4 : images.usable]
    return found[:length], tuple(pages)


def _record(payload: bytes, length: int) -> Record:
    """Return the values of a record; those that reach beyond what is there are left out."""
    header, at = varint(payload, 0)
    if not at <= header <= length:
        raise Unreadable("a record's header is longer than the record")
    values: list[Value] = []
    where = header
    while at < header:
        kind, at = varint(payload, at)
        size = _LENGTHS[kind] if kind in _LENGTHS else (kind - 12) // 2
        if kind in (10, 11) or where + size > length:
            raise Unreadable("a record holds a kind of value that there is not")
        if where + size > len(payload):
            break
        values.append(_value(kind, payload[where : where + size]))
        where += size
    return tuple(values)


_VALUES: dict[int, Callable[[bytes], Value]] = {
    0: lambda _: None,
    7: lambda content: float(struct.unpack(">d", content)[0]),
    8: lambda _: 0,
    9: lambda _: 1,
}


def _value(kind: int, content: bytes) -> Value:
    if kind in _VALUES:
        return _VALUES[kind](content)
    if kind < 10:
        return int.from_bytes(content, "big", signed=True)
    return content.decode() if kind & 1 else content


def varint(content: bytes, at: int) -> tuple[int, int]:
    """Return the number written at ``at``, and where the next thing begins."""
    value = 0
    for place in range(8):
        byte = content[at + place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + place + 1
    value = value << 8 | content[at + 8]
    return value - (1 << 64) if value >= 1 << 63 else value, at + 9
