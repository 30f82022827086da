"""Write to standard error without waiting for whoever reads it."""

from __future__ import annotations

from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread

from attrs import define, field

from orgloop.daemon.log.outlet import PlaceGone
from orgloop.daemon.log.places import OnDescriptor, let_go_of

_STANDARD_ERROR = 2
# So much waits only for a terminal that was stopped or a pipe that nobody empties.
_MOST_WAITING_BYTES = 1_000_000


@define(eq=False)
class Screen:
    """Standard error of a supervisor in the foreground: its own lines, and all of its runtime's.

    Written in a thread: a supervisor that waited for its terminal would watch nobody meanwhile.
    """

    _waiting: SimpleQueue[bytes | None] = field(factory=SimpleQueue, init=False)
    _waiting_bytes: int = field(default=0, init=False)
    _counting: Lock = field(factory=Lock, init=False)
    _thread: Thread | None = field(default=None, init=False)

    def open(self) -> None:
        """Begin to write, with what has come so far: no thread may be begun before the forks."""
        self._thread = Thread(target=self._work, name="standard error", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Write some time; what there is no room for is left out."""
        if self._waiting_bytes < _MOST_WAITING_BYTES:
            self._count(len(data))
            self._waiting.put(data)

    def close(self, limit_seconds: float) -> None:
        """Write what waits, for as long as the limit allows."""
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join(limit_seconds)

    def _work(self) -> None:
        place = OnDescriptor(_STANDARD_ERROR, partial(let_go_of, _STANDARD_ERROR))
        while (data := self._waiting.get()) is not None:
            try:
                place.write(data)
            except (OSError, PlaceGone):
                continue  # the terminal is gone; the file has the lines of both
            finally:
                self._count(-len(data))

    def _count(self, change: int) -> None:
        with self._counting:
            self._waiting_bytes += change
