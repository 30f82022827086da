"""A write-ahead log as it lies on disk: its frames, and which of them are as they were written."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from attrs import frozen

from orgloop.storage.salvage.rawfile import RawFile

_HEADER = struct.Struct(">4I8sII")
_FRAME = struct.Struct(">II8sII")
_MAGIC = 0x377F0682  # the lowest bit says whether checksums read big-endian words
_VERSION = 3007000
_PAGE_SIZES = frozenset(1 << power for power in range(9, 17))
_WORD = 0xFFFFFFFF

Sums = tuple[int, int]


@frozen
class Frame:
    """One page as one transaction left it."""

    number: int
    """Counted from 1."""
    page: int
    commit_pages: int
    """The size of the database in pages if this frame ends a transaction, else 0."""
    salts: bytes
    """Of the generation it belongs to."""
    offset: int
    """Where the page's bytes begin."""
    is_sound: bool
    """Whether its checksum, which continues that of the frame before, is right."""


@frozen
class WriteAheadLog:
    """The frames of the latest generation: older ones may lie behind them, with another salt."""

    file: RawFile
    page_size: int
    salts: bytes
    _order: str
    _sums: Sums

    @classmethod
    def of(cls, file: RawFile | None) -> WriteAheadLog | None:
        """Return the log of a file; `None` if it has no header that SQLite would accept."""
        head = b"" if file is None else file.read(0, _HEADER.size)
        if file is None or len(head) < _HEADER.size:
            return None
        magic, version, page_size, _, salts, first, second = _HEADER.unpack(head)
        order = ">" if magic & 1 else "<"
        sums = checksum(head[:24], order)
        if magic & ~1 != _MAGIC or version != _VERSION or sums != (first, second):
            return None
        return cls(file, page_size, salts, order, sums) if page_size in _PAGE_SIZES else None

    def frames(self) -> Iterator[Frame]:
        """Yield every frame of this generation, sound or not, in order."""
        return (frame for frame in self._all() if frame.salts == self.salts)

    def older_frames(self) -> Iterator[Frame]:
        """Yield the sound frames that an earlier generation has left behind this one."""
        return (frame for frame in self._all() if frame.salts != self.salts and frame.is_sound)

    def _all(self) -> Iterator[Frame]:
        sums = self._sums
        size = _FRAME.size + self.page_size
        for number, offset in enumerate(range(_HEADER.size, self.file.size, size), start=1):
            content = self.file.read(offset, size)
            if len(content) >= _FRAME.size:
                page, commit_pages, salts, *written = _FRAME.unpack_from(content)
                content = content.ljust(size, b"\0")
                found = checksum(content[:8] + content[_FRAME.size :], self._order, sums)
                # The next one continues what is written here, also behind a broken page.
                sums = written[0], written[1]
                is_sound = found == sums
                yield Frame(number, page, commit_pages, salts, offset + _FRAME.size, is_sound)

    def sound_frames(self) -> Iterator[Frame]:
        """Yield the frames up to the first that is missing or broken: those that SQLite reads."""
        for expected, frame in enumerate(self._all(), start=1):
            if frame.number != expected or frame.salts != self.salts or not frame.is_sound:
                return
            yield frame

    def page_of(self, frame: Frame) -> bytes:
        """Return the bytes of a frame's page."""
        return self.file.read(frame.offset, self.page_size)


def checksum(content: bytes, order: str, sums: Sums = (0, 0)) -> Sums:
    """Return SQLite's checksum over words in byte order ``order``, continuing from ``sums``."""
    first, second = sums
    words = iter(struct.unpack(f"{order}{len(content) // 4}I", content))
    for even, odd in zip(words, words, strict=True):
        first = (first + even + second) & _WORD
        second = (second + odd + first) & _WORD
    return first, second
