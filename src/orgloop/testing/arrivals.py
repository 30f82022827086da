"""Wait until so many requests, or messages, have come in."""

from __future__ import annotations

from attrs import define, field
from twisted.internet.defer import Deferred


@define(eq=False)
class Arrivals:
    """Count what comes in, and tell those who wait for it."""

    count: int = 0
    _waiting: list[tuple[int, Deferred[None]]] = field(factory=list, init=False)

    def one_more(self) -> None:
        """Take notice of one that has come in."""
        self.count += 1
        self._tell()

    def reached(self, count: int) -> Deferred[None]:
        """Fire when ``count`` have come in altogether."""
        enough: Deferred[None] = Deferred()
        self._waiting.append((count, enough))
        self._tell()
        return enough

    def _tell(self) -> None:
        due = [enough for count, enough in self._waiting if count <= self.count]
        self._waiting = [entry for entry in self._waiting if entry[0] > self.count]
        for enough in due:
            enough.callback(None)
