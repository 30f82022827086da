"""Write the application log to its file, in a thread."""

from __future__ import annotations

from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

from attrs import define, field
from twisted.logger import ILogObserver, LogEvent
from zope.interface import implementer

from orgloop.daemon.applog import as_line
from orgloop.sdk.rotating import RotatingFile

# So many wait only for a disk that hangs; what comes then is let go.
_WAITING_LINES = 10_000


@implementer(ILogObserver)
@define(eq=False)
class LogFile:
    """Append each event to a file as a JSON line.

    What comes before `open` waits for it: nothing may be opened, and no thread begun, before the
    process has forked. May be called from any thread, and none of them waits for the disk. A disk
    that refuses costs the line, never the process.
    """

    _file: RotatingFile | None = field(default=None, init=False)
    _thread: Thread | None = field(default=None, init=False)
    _waiting: SimpleQueue[bytes | None] = field(factory=SimpleQueue, init=False)

    def __call__(self, event: LogEvent) -> None:
        """Write one event; see `ILogObserver`."""
        if self._waiting.qsize() < _WAITING_LINES:
            self._waiting.put(as_line(event))

    def open(self, file: RotatingFile) -> None:
        """Begin to write to ``file``, with what has come so far."""
        self._file = file
        # A daemon thread: a disk that hangs must not keep the process from ending.
        self._thread = Thread(target=self._work, args=(file,), name="application log", daemon=True)
        self._thread.start()

    def reopen(self) -> None:
        """Open the file anew before the next line (``SIGUSR1``)."""
        if self._file is not None:
            self._file.reopen()

    def close(self, limit_seconds: float) -> None:
        """Write what waits, for as long as the limit allows; nothing that follows is written."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(limit_seconds)

    def _work(self, file: RotatingFile) -> None:
        while (line := self._waiting.get()) is not None:
            _write(file, line)


def _write(file: RotatingFile, line: bytes) -> None:
    with suppress(OSError):
        if file.write(line):
            Thread(target=_tidy, args=(file,), name="old logs", daemon=True).start()


def _tidy(file: RotatingFile) -> None:
    """Compress what was put aside: it takes long, and the lines that follow do not wait for it."""
    with suppress(OSError):
        file.tidy()
