"""Give a logger that may block a thread of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from zope.interface import implementer

from orgloop.interfaces import IBlockingLogger, ILogger
from orgloop.logentry import LogEntry
from orgloop.storage.worker import Worker


@implementer(ILogger)
@define(eq=False)
class InItsThread:
    """An `IBlockingLogger` as an `ILogger`: its calls are made by ``worker``, one after another."""

    _log = Logger()

    _logger: IBlockingLogger
    _worker: Worker
    _is_stopping: bool = field(default=False, init=False)

    async def start(self) -> None:
        """See `ILogger.start`."""
        await self._worker.run(self._logger.start)

    async def write(self, entries: Sequence[LogEntry]) -> None:
        """See `ILogger.write`."""
        await self._worker.run(self._logger.write, entries)

    async def flush(self) -> None:
        """See `ILogger.flush`."""
        await self._worker.run(self._logger.flush)

    def reopen(self) -> None:
        """See `ILogger.reopen`; one that stops has nothing to reopen."""
        if self._is_stopping:
            return
        self._worker.run(self._logger.reopen).addErrback(
            lambda failure: self._log.warn("a logger cannot reopen: {error}", error=failure.value)
        )

    async def stop(self) -> None:
        """See `ILogger.stop`; the thread ends when the logger has stopped, be that much later."""
        ended: Deferred[Any] = Deferred()

        def leave(result: object) -> None:
            self._worker.quit()
            ended.callback(result)

        # Only what is waited for can be given up: a thread that hangs must not be joined. So
        # nothing may come after this, or `leave` would wait for it.
        self._is_stopping = True
        self._worker.run(self._logger.stop).addBoth(leave)
        await ended
