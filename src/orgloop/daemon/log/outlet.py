"""Write the application log to one place, in a thread: nobody waits for a disk or a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from threading import Event, RLock, Thread
from typing import Protocol

from attrs import define, field
from twisted.logger import ILogObserver, LogEvent
from zope.interface import implementer

from orgloop.daemon.log.folding import Folding
from orgloop.daemon.log.logforms import Form
from orgloop.daemon.log.logrecord import LogRecord

# So many wait only for a place that hangs or refuses; what comes then is counted and left out.
_MOST_WAITING = 10_000
_RETRY_SECONDS = 1.0


class PlaceGone(Exception):
    """Nobody will ever read there again: a terminal that was closed, a pipe without a reader."""


class Place(Protocol):
    """Where lines are written. Called by one thread."""

    def write(self, lines: bytes) -> None:
        """Write whole lines.

        Raises `OSError` if that may work later, `PlaceGone` if it never will.
        """


@implementer(ILogObserver)
@define(eq=False)
class Outlet:
    """Write each event to a place, in a form; what repeats is folded.

    What comes before `open` waits for it: nothing may be opened, and no thread begun, before the
    process has forked. May be called from any thread, also while a garbage collection or a signal
    interrupts a call of it. A place that refuses is tried again until `close`; then it costs the
    lines, never the process. Lines that had no room meanwhile are counted, and told of.
    """

    _form: Form
    _folding: Folding
    _now: Callable[[], float]
    """Seconds since the Unix epoch."""
    _record_of: Callable[[LogEvent], LogRecord] = LogRecord.of
    _place: Place | None = field(default=None, init=False)
    _thread: Thread | None = field(default=None, init=False)
    # Its `put` may be interrupted by one of the same thread, which a lock would not survive.
    _waiting: SimpleQueue[LogRecord | None] = field(factory=SimpleQueue, init=False)
    _is_closing: Event = field(factory=Event, init=False)
    _left_out: int = field(default=0, init=False)
    _counting: RLock = field(factory=RLock, init=False)

    def __call__(self, event: LogEvent) -> None:
        """Take one event; see `ILogObserver`."""
        if self._waiting.qsize() < _MOST_WAITING:
            self._waiting.put(self._record_of(event))
        else:
            with self._counting:
                self._left_out += 1

    def open(self, place: Place, name: str) -> None:
        """Begin to write, with what has come so far; ``name`` is that of the thread."""
        self._place = place
        # A daemon thread: a disk that hangs must not keep the process from ending.
        self._thread = Thread(target=self._work, args=(place,), name=name, daemon=True)
        self._thread.start()

    def close(self, limit_seconds: float) -> None:
        """Write what waits, for as long as the limit allows; nothing that follows is written."""
        self._is_closing.set()
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(limit_seconds)

    def _work(self, place: Place) -> None:
        try:
            for records in self._folded():
                self._write(place, records)
        except PlaceGone:
            self._swallow()

    def _folded(self) -> Iterable[list[LogRecord]]:
        while True:
            try:
                record = self._waiting.get(timeout=self._folding.seconds_to_next())
            except Empty:
                yield self._folding.due()
                continue
            if record is None:
                break
            yield self._folding.take(record)
        yield self._folding.rest()

    def _write(self, place: Place, records: list[LogRecord]) -> None:
        lines = b"".join(map(self._form, records))
        while lines:
            try:
                place.write(lines)
            except OSError:
                if self._is_closing.wait(_RETRY_SECONDS):
                    return
            else:
                lines = self._confession()

    def _confession(self) -> bytes:
        """Return the line that says how many are missing here, if any are."""
        with self._counting:
            count, self._left_out = self._left_out, 0
        if not count:
            return b""
        message = f"{count} lines of this log had no room while it could not be written"
        return self._form(LogRecord(self._now(), "error", __name__, message))

    def _swallow(self) -> None:
        while self._waiting.get() is not None:
            continue
