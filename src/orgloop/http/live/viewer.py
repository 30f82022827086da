"""One who watches: what it cannot take yet is kept, and what finds no room is counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

from orgloop.http.live.frame import HEARTBEAT, Frame, Lost
from orgloop.http.live.quota import Quota
from orgloop.logentry import LogEntry

KEPT_ENTRIES = 10_000
"""As many as a logger may fall behind."""
PORTION_ENTRIES = 250
_PORTION_BYTES = 0x40000
PATIENCE_BEATS = 4
"""Who reads nothing for so many heartbeats holds a place that others could have."""


@implementer(IPushProducer)
@define(eq=False)
class Viewer:
    """Write entries to one request, whose head is out, for as long as its connection stands.

    Nothing here waits: the transport says when it is full (`pauseProducing`) and when it has room
    again. Then ``ask_turn`` is called, and `push` is to follow.
    """

    _request: Any
    wants: Callable[[LogEntry], bool]
    """Says which entries are to be offered."""
    _quota: Quota
    _may_stay: Callable[[], bool]
    _ask_turn: Callable[[], None]
    _kept: deque[Frame | Lost] = field(factory=deque, init=False)
    _lost: int = field(default=0, init=False)
    _is_full: bool = field(default=False, init=False)
    _silent_beats: int = field(default=0, init=False)
    _is_over: bool = field(default=False, init=False)

    def begin(self) -> Deferred[Any]:
        """Say at once that the stream stands; the Deferred fires, one way or other, at its end."""
        over: Deferred[Any] = self._request.notifyFinish()
        over.addBoth(self._ended)
        self._request.registerProducer(self, True)
        self._request.write(HEARTBEAT)
        return over

    def offer(self, frame: Frame) -> None:
        """Keep an entry for the next `push`, if there is room and it is not one too many."""
        if len(self._kept) >= KEPT_ENTRIES or not self._quota.take():
            self._lost += 1
            return
        self._tell_lost()
        self._kept.append(frame)

    @property
    def is_ready(self) -> bool:
        """Whether `push` would write something."""
        return bool(self._kept or self._lost) and not self._is_full and not self._is_over

    def push(self) -> None:
        """Write a portion of what is kept, unless the transport is full."""
        if not self.is_ready:
            return
        pieces: list[bytes] = []
        size = 0
        while self._kept and len(pieces) < PORTION_ENTRIES and size < _PORTION_BYTES:
            pieces.append(self._kept.popleft().to_bytes())
            size += len(pieces[-1])
        if not self._kept:
            self._tell_lost()
        self._request.write(b"".join(pieces))

    def beat(self) -> None:
        """Give a sign of life; end the stream if it may not stay, or if nobody reads it."""
        self.recheck()
        if self._is_over:
            return
        if not self._is_full:
            self._request.write(HEARTBEAT)
            return
        self._silent_beats += 1
        if self._silent_beats >= PATIENCE_BEATS:
            self.end()

    def recheck(self) -> None:
        """End the stream if it may not stay."""
        if not self._may_stay():
            self.end()

    def end(self) -> None:
        """End the stream: at once, and with the connection if nobody reads it."""
        if self._is_over:
            return
        self.push()
        if self._is_full:
            self._request.channel.transport.abortConnection()
            return
        self._request.unregisterProducer()
        self._request.finish()

    # --- the transport's side

    def pauseProducing(self) -> None:
        """See `IPushProducer`."""
        self._is_full = True

    def resumeProducing(self) -> None:
        """See `IPushProducer`."""
        self._is_full = False
        self._silent_beats = 0
        self._ask_turn()

    def stopProducing(self) -> None:
        """See `IPushProducer`; the request says the same."""

    def _tell_lost(self) -> None:
        if self._lost:
            self._kept.append(Lost(self._lost))
            self._lost = 0

    def _ended(self, result: Any) -> None:
        self._is_over = True
        self._kept.clear()
        self._lost = 0
