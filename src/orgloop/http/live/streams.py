"""All who watch: entries are passed on to them in portions, beside the flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.web.server import Request

from orgloop.http.live.frame import Encode, Frame
from orgloop.http.live.quota import Quota
from orgloop.http.live.viewer import Viewer
from orgloop.http.problem import DRAINING, Refused, later
from orgloop.http.view import Runtime
from orgloop.logentry import LogEntry

MOST_VIEWERS = 32
HEARTBEAT_SECONDS = 15.0
GATHER_SECONDS = 0.05
"""Between two portions. With the size of one it also bounds what watching costs the runtime."""

_TOO_MANY = later(503, "too_many_streams", f"{MOST_VIEWERS} streams are open already")


class Streams:
    """Pass every entry on to all who watch, each encoded once.

    The observers are asked for entries only while somebody watches. What is told of an entry in
    the flow is kept; it is written later, so that no viewer slows the flow or fails it.
    """

    def __init__(self, runtime: Runtime, clock: IReactorTime) -> None:
        self.are_closed = False
        """Whether nobody may begin to watch: the process leaves."""
        self._runtime = runtime
        self._clock = clock
        self._viewers: list[Viewer] = []
        self._leave: Callable[[], None] | None = None
        self._encode: Encode | None = None
        self._turn: IDelayedCall | None = None
        self._beat: IDelayedCall | None = None
        # Beyond what a runtime before this one can have reached, as one entry takes longer than
        # a microsecond; and below 2**53, which is what JavaScript can count to.
        self._number = runtime.now_ms() * 1000

    def __len__(self) -> int:
        return len(self._viewers)

    def check_room(self) -> None:
        """Raise `Refused` if nobody can begin to watch now."""
        if self.are_closed or self._runtime.phase == "draining":
            raise Refused(DRAINING)
        if len(self._viewers) >= MOST_VIEWERS:
            raise Refused(_TOO_MANY)

    def attach(
        self,
        wants: Callable[[LogEntry], bool],
        most: int | None,
        may_stay: Callable[[], bool],
        request: Request,
    ) -> Deferred[Any]:
        """Write what is wanted to a request until it ends; the Deferred fires then.

        ``most`` bounds how many entries that is in a second. ``may_stay`` is asked with every
        heartbeat, and by `recheck`.
        """
        quota = Quota(most, self._clock.seconds)
        viewer = Viewer(request, wants, quota, may_stay, self._ask_turn)
        self._viewers = [*self._viewers, viewer]
        if len(self._viewers) == 1:
            self._listen()
        return viewer.begin().addBoth(self._gone, viewer)

    def recheck(self) -> None:
        """End the streams of those who may not watch any more."""
        for viewer in self._viewers:
            viewer.recheck()

    def end_all(self) -> None:
        """End every stream at once: none delays the end of the process."""
        for viewer in self._viewers:
            viewer.end()

    # --- entries

    def _listen(self) -> None:
        if self._encode is None:
            # Its parts are needed by nobody else who serves HTTP.
            from orgloop.loggers.entryjson import EntryJSON

            self._encode = EntryJSON()
        self._leave = self._runtime.observers.subscribe(self._hear)
        self._beat = self._clock.callLater(HEARTBEAT_SECONDS, self._beat_all)

    def _hear(self, entry: LogEntry) -> None:
        assert self._encode is not None
        self._number += 1
        wanting = [viewer for viewer in self._viewers if viewer.wants(entry)]
        if not wanting:
            return
        frame = Frame(self._number, entry, self._encode)
        for viewer in wanting:
            viewer.offer(frame)
        self._ask_turn()

    def _ask_turn(self) -> None:
        if self._turn is None and any(viewer.is_ready for viewer in self._viewers):
            self._turn = self._clock.callLater(GATHER_SECONDS, self._take_turn)

    def _take_turn(self) -> None:
        self._turn = None
        for viewer in self._viewers:
            viewer.push()
        self._ask_turn()

    def _beat_all(self) -> None:
        self._beat = self._clock.callLater(HEARTBEAT_SECONDS, self._beat_all)
        for viewer in self._viewers:
            viewer.beat()

    # --- the end

    def _gone(self, result: Any, viewer: Viewer) -> None:
        self._viewers = [one for one in self._viewers if one is not viewer]
        if not self._viewers:
            self._stop_listening()

    def _stop_listening(self) -> None:
        if self._leave is not None:
            self._leave()
        for call in (self._turn, self._beat):
            if call is not None:
                call.cancel()
        self._leave = self._turn = self._beat = None
