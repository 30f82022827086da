"""The file logger: one JSON object a line, in a file that is rotated."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from orgloop.interfaces import IBufferingLogger
from orgloop.logentry import LogEntry
from orgloop.loggers.entryjson import EntryJSON
from orgloop.loggers.file.config import FileConfig
from orgloop.plugin import PluginContext
from orgloop.sdk.rotating import LogFiles, RotatingFile

_PAUSE_SECONDS = 10.0
"""How long after a write that the disk refused the next one is made, if nothing else comes."""


@implementer(IBufferingLogger)
class FileLogger:
    """Append entries to a file, in a thread; see `IBufferingLogger`."""

    _log = Logger()

    def __init__(self, config: FileConfig, context: PluginContext) -> None:
        self.lost = 0
        self.trouble: str | None = None
        self._config = config
        self._context = context
        self._path = config.path_in(context.home)
        self._wanted = config.filter.wanted()
        self._json = EntryJSON()
        self._files = context.shared.one(LogFiles, LogFiles)
        self._file: RotatingFile | None = None
        self._pending: list[LogEntry] = []
        self._turn = DeferredLock()
        self._due: IDelayedCall | None = None
        self._tidied: Deferred[None] | None = None

    async def start(self) -> None:
        """Open the file, so that it can be watched at once; see `ILogger.start`."""
        self._file = await self._context.run_in_thread(
            self._files.acquire, self._path, self._config.rotation.rotation, self._context.now_ms
        )

    async def write(self, entries: Sequence[LogEntry]) -> None:
        """Take entries, and write them when enough have come; see `ILogger.write`."""
        wanted = [entry for entry in entries if entry.phase in self._wanted]
        self._pending += wanted
        if len(self._pending) >= self._config.buffer.size:
            await self._push(counted_elsewhere=len(wanted))
        elif self._pending and self._due is None:
            self._push_in(self._config.buffer.flush_interval.seconds)

    async def flush(self) -> None:
        """Write what waits; see `ILogger.flush`."""
        await self._push()

    def reopen(self) -> None:
        """Open the file anew before the next line."""
        if self._file is not None:
            self._file.reopen()

    async def stop(self) -> None:
        """Write what waits and let go of the file; see `ILogger.stop`."""
        if self._file is None:
            return
        try:
            await self._push()
        finally:
            self._cancel_due()
            waiting, self._pending = self._pending, []
            self._give_up(waiting)
            if self._tidied is not None:
                await self._tidied
            file, self._file = self._file, None
            await self._context.run_in_thread(self._files.release, file)

    async def _push(self, counted_elsewhere: int = 0) -> None:
        """Write what waits, in order; what the disk refused waits again.

        Of so many at the end the runtime counts the loss: those of the call that raises.
        """
        self._cancel_due()
        async with self._turn:
            entries, self._pending = self._pending, []
            file = self._file
            if not entries or file is None:
                return
            unwritten = entries[: max(0, len(entries) - counted_elsewhere)]
            try:
                has_rotated = await self._context.run_in_thread(self._append, file, entries)
                unwritten = []
            except OSError as error:
                self._pending[:0], unwritten = unwritten, []
                self._is_in_trouble(str(error))
                self._push_in(_PAUSE_SECONDS)  # nothing more need come that would do it
                raise
            finally:
                # Whoever gave this up hears no more of it: that they are written is not certain.
                self._give_up(unwritten)
            self._is_well()
            if has_rotated and self._tidied is None:
                self._tidy(file)

    def _append(self, file: RotatingFile, entries: Sequence[LogEntry]) -> bool:
        """Write entries, in a thread; see `RotatingFile.write`."""
        return file.write(b"".join([self._json(entry) + b"\n" for entry in entries]))

    def _push_in(self, seconds: float) -> None:
        self._cancel_due()
        self._due = self._context.clock.callLater(seconds, self._push_in_time)

    def _push_in_time(self) -> None:
        self._due = None
        Deferred.fromCoroutine(self._push()).addErrback(lambda failure: failure.trap(OSError))

    def _give_up(self, entries: Sequence[LogEntry]) -> None:
        if entries:
            self.lost += len(entries)
            self._log.warn("{path} lacks {count} entries", path=self._path, count=len(entries))

    def _is_in_trouble(self, error: str) -> None:
        if self.trouble is None:
            self._log.warn(
                "{path} cannot be written, and is tried again: {error}",
                path=self._path,
                error=error,
            )
        self.trouble = error

    def _is_well(self) -> None:
        if self.trouble is not None:
            self._log.info("{path} is written again", path=self._path)
        self.trouble = None

    def _cancel_due(self) -> None:
        due, self._due = self._due, None
        if due is not None:
            due.cancel()

    def _tidy(self, file: RotatingFile) -> None:
        self._tidied = self._context.run_in_thread(file.tidy)
        self._tidied.addErrback(self._not_tidied)
        self._tidied.addBoth(self._tidied_up)

    def _not_tidied(self, failure: Failure) -> None:
        failure.trap(OSError)
        self._log.warn(
            "old log files of {path} could not be compressed or deleted: {error}",
            path=self._path,
            error=failure.getErrorMessage(),
        )

    def _tidied_up(self, result: None) -> None:
        self._tidied = None
