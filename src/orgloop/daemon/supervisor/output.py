"""Keep the last of what a runtime writes to standard error."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from attrs import define, field
from zope.interface import Interface, implementer

from orgloop.printable import printable

_KEPT_BYTES = 65_536
_KEPT_LINES = 50
_LINE_CHARACTERS = 2_000


class IOutput(Interface):
    """What has been written to standard error. Positions count bytes."""

    def position() -> int:
        """Return where the next byte will be."""

    def since(position: int) -> bytes:
        """Return what was written from there on, or the last 64 KiB of it."""


@implementer(IOutput)
@define(eq=False)
class PassedOn:
    """Output that comes through a pipe and is handed on, in the foreground."""

    _write: Callable[[bytes], None]
    _kept: bytes = field(default=b"", init=False)
    _total: int = field(default=0, init=False)

    def take(self, data: bytes) -> None:
        """Hand on what has come."""
        self._kept = (self._kept + data)[-_KEPT_BYTES:]
        self._total += len(data)
        self._write(data)

    def position(self) -> int:
        """See `IOutput.position`."""
        return self._total

    def since(self, position: int) -> bytes:
        """See `IOutput.since`."""
        length = self._total - position
        return self._kept[-length:] if length else b""


@implementer(IOutput)
@define(eq=False)
class InFile:
    """Output that a daemon appends to a file, which may be moved aside meanwhile."""

    _path: Path

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
