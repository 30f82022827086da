"""The places that the application log is written to: its file, and standard error."""

from __future__ import annotations

import errno
import os
import select
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Thread

from attrs import define, frozen

from orgloop.daemon.log.outlet import PlaceGone
from orgloop.sdk.rotating import RotatingFile

_WRITABLE_SECONDS = 1.0
_GONE = frozenset({errno.EIO, errno.EPIPE, errno.EBADF, errno.ENXIO, errno.ECONNRESET})


@frozen
class InFile:
    """A file that is rotated."""

    file: RotatingFile

    def write(self, lines: bytes) -> None:
        """See `Place.write`."""
        if self.file.write(lines):
            # In a thread: compressing takes long, and the lines that follow do not wait for it.
            with suppress(RuntimeError):  # the process is ending: the next one does it
                Thread(target=self._tidy, name="old logs", daemon=True).start()

    def _tidy(self) -> None:
        with suppress(OSError):
            self.file.tidy()


@define(eq=False)
class OnDescriptor:
    """A terminal, a pipe or the journal; ``on_gone`` is called when nobody reads it any more."""

    descriptor: int
    on_gone: Callable[[], None]

    def write(self, lines: bytes) -> None:
        """See `Place.write`; writes to the end what it has begun."""
        while lines:
            try:
                lines = lines[os.write(self.descriptor, lines) :]
            except BlockingIOError:
                # Whoever shares it with us has made it so.
                select.select([], [self.descriptor], [], _WRITABLE_SECONDS)
            except OSError as error:
                if error.errno in _GONE:
                    self.on_gone()
                    raise PlaceGone from error
                raise


def is_journal(descriptor: int, environ: Mapping[str, str]) -> bool:
    """Whether what is written to a descriptor goes to systemd's journal.

    ``JOURNAL_STREAM`` says which device and inode does: a child may have been given another
    standard error than the service that it is part of.
    """
    try:
        found = os.fstat(descriptor)
    except OSError:
        return False
    return environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def let_go_of(descriptor: int) -> None:
    """Let everything that is the same terminal or pipe as ``descriptor`` lead nowhere.

    So that whatever else writes there (``print`` in a plugin) does not fail for it.
    """
    with suppress(OSError):
        gone = os.fstat(descriptor)
        nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        for standard in range(3):
            with suppress(OSError):
                if os.path.samestat(os.fstat(standard), gone):
                    os.dup2(nowhere, standard)
        os.close(nowhere)
