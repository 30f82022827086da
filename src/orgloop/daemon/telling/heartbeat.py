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
from zope.interface import implementer

from orgloop.daemon.telling.witness import IWitness, ReadyRuntime, Unmoved
from orgloop.errors import StorageUnavailable
from orgloop.flow.background import heard
from orgloop.storage.atomic import write_atomically
from orgloop.times import to_iso


@implementer(IWitness)
@define(eq=False, kw_only=True)
class Heartbeat(Unmoved):
    """Write ``heartbeat`` of a runtime without a supervisor: that one would do it."""

    _log = Logger()

    file: Path
    pid: int
    interval_seconds: float
    clock: IReactorTime
    now_ms: Callable[[], int]
    uptime_ms: Callable[[], int]
    run_in_thread: Callable[..., Deferred[Any]]
    restarts: int = 0
    """How often a supervisor restarted it that is gone since."""
    _is_written: bool = field(default=False, init=False)
    _loop: LoopingCall | None = field(default=None, init=False)
    _ended: Deferred[Any] | None = field(default=None, init=False)

    def ready(self, runtime: ReadyRuntime) -> None:
        """See `IWitness.ready`: again at each interval, at once if it was not written yet."""
        self._loop = LoopingCall(self.write)
        self._loop.clock = self.clock
        looping = self._loop.start(self.interval_seconds, now=not self._is_written)
        self._ended = heard(looping, self._log)

    async def stopped(self) -> None:
        """See `IWitness.stopped`: what stopped in good order leaves no sign of life."""
        if self._loop is not None and self._ended is not None:
            if self._loop.running:
                self._loop.stop()
            await self._ended
        try:
            self.file.unlink(missing_ok=True)
        except OSError as error:
            self._log.warn("the heartbeat cannot be removed: {error}", error=str(error))

    async def write(self) -> None:
        """Write it now; a disk that refuses is told of, and no reason to stop."""
        self._is_written = True
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
            "restarts": self.restarts,
        }
        return orjson.dumps(document) + b"\n"
