"""Give a process that has left its terminal a place to write to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from orgloop.errors import OrgLoopError

_MOVED_ASIDE_AT = 20_000_000
_KEPT = 3
_LOOK_SECONDS = 60.0


def keep_own() -> None:
    """Let ``print`` write where it always did: ``twistd`` turns it into log messages."""
    if sys.__stdout__ is not None and sys.__stderr__ is not None:
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__


def _in_thread(work: Callable[[], None]) -> None:
    Thread(target=work, name="standard output", daemon=True).start()


@define(eq=False)
class Redirection:
    """Append what this process and its children write to two files, in place of ``/dev/null``.

    A file that has grown large is moved aside, also while the process runs.
    """

    _log = Logger()

    standard_output: Path
    standard_error: Path
    clock: IReactorTime
    moves_aside: bool = True
    """Not where another process that writes to the same files does."""
    in_thread: Callable[[Callable[[], None]], object] = _in_thread
    """Does something beside the reactor, for the disk may hang."""
    _turn: Lock = field(factory=Lock, init=False)

    def begin(self) -> None:
        """Write to the files from now on; raise `OrgLoopError` if they cannot be opened."""
        try:
            self._redirect()
        except OSError as error:
            raise OrgLoopError(
                f"{error.filename} cannot be written: {error.strerror}; "
                "check the disk and the directory's permissions"
            ) from error
        self.clock.callLater(_LOOK_SECONDS, self._look)

    def reopen(self) -> None:
        """Open the files anew by their names, soon."""
        if self._turn.acquire(blocking=False):
            self.in_thread(self._reopen)

    def _reopen(self) -> None:
        try:
            self._redirect()
        except OSError as error:
            self._log.warn("the daemon's output cannot be opened anew: {error}", error=str(error))
        finally:
            self._turn.release()

    def _look(self) -> None:
        self.reopen()
        self.clock.callLater(_LOOK_SECONDS, self._look)

    def _redirect(self) -> None:
        for path, descriptor in ((self.standard_output, 1), (self.standard_error, 2)):
            if self.moves_aside:
                move_aside(path)
            opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.dup2(opened, descriptor)
            os.close(opened)


def move_aside(path: Path, *, size: int = _MOVED_ASIDE_AT, kept: int = _KEPT) -> None:
    """Rename a file that has grown to ``size`` to ``<name>.1``; older ones move up to ``kept``."""
    try:
        if path.stat().st_size < size:
            return
    except FileNotFoundError:
        return
    for number in range(kept, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        newer = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
        if newer.exists():
            newer.replace(older)
