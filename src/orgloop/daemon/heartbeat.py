"""Prove that the reactor turns, by rewriting a small file at regular intervals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from orgloop.errors import StorageUnavailable
from orgloop.storage.atomic import write_atomically
from orgloop.times import to_iso


@define(eq=False, kw_only=True)
class Heartbeat:
    """Write ``heartbeat`` when started and at each interval from then on."""

    _log = Logger()

    file: Path
    pid: int
    interval_seconds: float
    clock: IReactorTime
    now_ms: Callable[[], int]
    uptime_ms: Callable[[], int]
    run_in_thread: Callable[..., Deferred[Any]]
    _loop: LoopingCall | None = field(default=None, init=False)
    _ended: Deferred[Any] | None = field(default=None, init=False)

    def start(self) -> None:
        """Begin; the first one is written at once."""
        self._loop = LoopingCall(self._beat)
        self._loop.clock = self.clock
        self._ended = self._loop.start(self.interval_seconds)

    async def stop(self) -> None:
        """End, and remove the file: what stopped in good order leaves no sign of life."""
        if self._loop is None or self._ended is None:
            return
        if self._loop.running:
            self._loop.stop()
        await self._ended
        try:
            self.file.unlink(missing_ok=True)
        except OSError as error:
            self._log.warn("the heartbeat cannot be removed: {error}", error=str(error))

    async def _beat(self) -> None:
        try:
            await self.run_in_thread(write_atomically, self.file, self._content())
        except StorageUnavailable as error:
            self._log.warn("no heartbeat: {error}", error=error)

    def _content(self) -> bytes:
        document = {
            "timestamp": to_iso(self.now_ms()),
            "pid": self.pid,
            "uptime_ms": self.uptime_ms(),
            "supervisor_pid": None,
            "restarts": 0,
        }
        return orjson.dumps(document) + b"\n"
