"""The PID file of a runtime that ``twistd`` keeps none for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from attrs import define, field
from zope.interface import implementer

from orgloop.daemon.telling.witness import IWitness, Unmoved
from orgloop.storage.atomic import write_atomically


@implementer(IWitness)
@define(eq=False)
class PIDFile(Unmoved):
    """A file that ``twistd`` would write before the home is this process's, so it must not."""

    file: Path
    pid: int
    _is_written: bool = field(default=False, init=False)

    def write(self) -> None:
        """Write it, in place of what is there; raise `StorageUnavailable` if that cannot be."""
        write_atomically(self.file, b"%d" % self.pid)
        self._is_written = True

    def failed(self, exit_code: int, lines: Sequence[str]) -> None:
        """See `IWitness.failed`."""
        self._remove()

    async def stopped(self) -> None:
        """See `IWitness.stopped`."""
        self._remove()

    def _remove(self) -> None:
        if self._is_written:
            with suppress(OSError):
                self.file.unlink(missing_ok=True)
