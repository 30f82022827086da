"""Keep the last of what a runtime writes to standard error."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from attrs import define, field
from twisted.internet.interfaces import IReactorFDSet
from zope.interface import Interface, implementer

from orgloop.daemon.supervisor.reading import Reader
from orgloop.printable import printable

_KEPT_BYTES = 65_536
_KEPT_LINES = 50
_LINE_CHARACTERS = 2_000


class IOutput(Interface):
    """What has been written to standard error. Positions count bytes."""

    def catch_up() -> None:
        """Take in what has been written by now."""

    def position() -> int:
        """Return where the next byte will be."""

    def since(position: int) -> bytes:
        """Return what was written from there on, or the last 64 KiB of it."""


@implementer(IOutput)
@define(eq=False)
class PassedOn:
    """Output that comes through a pipe and is handed on, in the foreground.

    The pipe may outlive the runtime: what it has started may have it, too.
    """

    _descriptor: int
    """The reading end; closed at its end."""
    _hand_on: Callable[[bytes], None]
    _reader: Reader | None = field(default=None, init=False)
    _is_open: bool = field(default=True, init=False)
    _kept: bytes = field(default=b"", init=False)
    _total: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        os.set_blocking(self._descriptor, False)

    def follow(self, reactor: IReactorFDSet) -> None:
        """Hand on whatever comes from now on."""
        self._reader = Reader(reactor, lambda: self._descriptor, self._read)
        self._reader.start()

    def close(self) -> None:
        """Read no more."""
        if self._is_open:
            self._is_open = False
            if self._reader is not None:
                self._reader.stop()
            os.close(self._descriptor)

    def catch_up(self) -> None:
        """See `IOutput.catch_up`."""
        while self._is_open and self._read():
            continue

    def position(self) -> int:
        """See `IOutput.position`."""
        return self._total

    def since(self, position: int) -> bytes:
        """See `IOutput.since`."""
        length = self._total - position
        return self._kept[-length:] if length else b""

    def _read(self) -> bool:
        """Take in a piece; false if there is none just now, or none to come."""
        try:
            data = os.read(self._descriptor, _KEPT_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self.close()
            return False
        self._kept = (self._kept + data)[-_KEPT_BYTES:]
        self._total += len(data)
        self._hand_on(data)
        return True


@implementer(IOutput)
@define(eq=False)
class InFile:
    """Output that a daemon appends to a file, which may be moved aside meanwhile."""

    _path: Path

    def catch_up(self) -> None:
        """See `IOutput.catch_up`: a file is read when somebody asks."""

    def position(self) -> int:
        """See `IOutput.position`."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def since(self, position: int) -> bytes:
        """See `IOutput.since`."""
        try:
            with self._path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                # A file shorter than it was is another one.
                begin = position if position <= size else 0
                file.seek(max(begin, size - _KEPT_BYTES))
                return file.read(_KEPT_BYTES)
        except OSError:
            return b""


def last_lines(written: bytes) -> tuple[str, ...]:
    """Return the last lines, fit to be shown: no control characters, none endless."""
    lines = written.decode("utf-8", "replace").splitlines()[-_KEPT_LINES:]
    return tuple(printable(line)[:_LINE_CHARACTERS] for line in lines)
