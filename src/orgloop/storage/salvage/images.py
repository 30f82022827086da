"""The images of a database's pages: in its file, and in its write-ahead log, newest first."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import field, frozen

from orgloop.storage.salvage.rawfile import RawFile, beside, opened
from orgloop.storage.salvage.walfile import Frame, WriteAheadLog
from orgloop.storage.salvage.walindex import WalIndex

HEADER_BYTES = 100  # before the first page's content
_USUAL_PAGE_SIZE = 4096
_PAGE_SIZES = frozenset(1 << power for power in range(9, 17))


@frozen
class Images:
    """Every image of every page that was committed, sound or not."""

    page_size: int
    reserved: int
    """Bytes at the end of each page that are not used."""
    count: int
    """How many pages there are or were."""
    _main: RawFile | None
    _log: WriteAheadLog | None
    _frames: dict[int, list[Frame]] = field(repr=False)
    _older: dict[int, list[Frame]] = field(repr=False)
    """Frames that the file has overtaken; better than nothing where it was cut."""

    @property
    def usable(self) -> int:
        return self.page_size - self.reserved

    def of(self, page: int) -> Iterator[bytes]:
        """Yield the images of a page, the newest first; what of one was cut off is zeros."""
        yield from self._in_log(self._frames, page)
        offset = (page - 1) * self.page_size
        content = b"" if self._main is None else self._main.read(offset, self.page_size)
        if len(content) < self.page_size:
            yield from self._in_log(self._older, page)
        if content:
            yield content.ljust(self.page_size, b"\0")

    def _in_log(self, frames: dict[int, list[Frame]], page: int) -> Iterator[bytes]:
        for frame in reversed(frames.get(page, ())):
            assert self._log is not None
            yield self._log.page_of(frame).ljust(self.page_size, b"\0")

    def latest(self, page: int) -> bytes | None:
        """Return the newest image of a page."""
        return next(self.of(page), None)


@contextmanager
def images_of(path: Path) -> Iterator[Images]:
    """Read the images of the database at ``path`` for as long as the block lasts."""
    with (
        opened(path) as main,
        opened(beside(path, "-wal")) as wal,
        opened(beside(path, "-shm")) as shm,
    ):
        log = WriteAheadLog.of(wal)
        frames = _by_page(_committed(log, WalIndex.of(shm)) if log is not None else ())
        older = _by_page(log.older_frames() if log is not None else ())
        header = b"" if main is None else main.read(0, HEADER_BYTES)
        page_size = log.page_size if log is not None else _page_size(header)
        in_file = 0 if main is None else -(-main.size // page_size)
        yield Images(
            page_size,
            header[20] if len(header) > 20 and header[:6] == b"SQLite" else 0,
            max([in_file, *frames, *older]),
            main,
            log,
            frames,
            older,
        )


def _by_page(frames: Iterable[Frame]) -> dict[int, list[Frame]]:
    by_page: dict[int, list[Frame]] = {}
    for frame in frames:
        by_page.setdefault(frame.page, []).append(frame)
    return by_page


def _committed(log: WriteAheadLog, index: WalIndex | None) -> list[Frame]:
    """Return the frames up to the end of the last transaction that was committed.

    Those behind a broken one are among them: each is checked against what stands before it.
    """
    frames = list(log.frames())
    end = max((one.number for one in frames if one.commit_pages), default=0)
    if index is not None and index.salts == log.salts:
        end = max(end, index.last_frame)
    most = max((one.commit_pages for one in frames if one.is_sound), default=0)
    return [one for one in frames if one.number <= end and (one.is_sound or 1 <= one.page <= most)]


def _page_size(header: bytes) -> int:
    if len(header) < 18:
        return _USUAL_PAGE_SIZE
    (size,) = struct.unpack_from(">H", header, 16)
    size = 65536 if size == 1 else size
    return size if size in _PAGE_SIZES else _USUAL_PAGE_SIZE
