"""The file logger: one JSON object a line, in a file that is rotated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from orgloop.durations import Duration
from orgloop.interfaces import ILogger
from orgloop.logentry import LogEntry
from orgloop.loggers.entryjson import EntryJSON
from orgloop.loggers.phases import FilterOptions
from orgloop.options import option
from orgloop.plugin import PluginContext, Registration
from orgloop.sdk.rotating import LogFiles, RotatingFile, Rotation
from orgloop.sizes import Size


@frozen(kw_only=True)
class RotationOptions:
    """When the file is put aside, and what becomes of those put aside."""

    max_size: Size = option(
        "The file is put aside before it grows beyond this.",
        default=Size(100_000_000),
        minimum=Size(1),
    )
    max_age: Duration = option(
        "The file is put aside when its first line is older; one put aside for longer is deleted.",
        default=Duration(7 * 86_400_000),
        minimum=Duration(1),
    )
    max_files: int = option("How many put aside are kept.", default=10, minimum=0)
    compress: bool = option("Whether they are compressed with gzip.", default=True)

    @property
    def rotation(self) -> Rotation:
        return Rotation(
            max_bytes=self.max_size.bytes,
            max_age_ms=self.max_age.milliseconds,
            max_files=self.max_files,
            compress=self.compress,
        )


@frozen(kw_only=True)
class BufferOptions:
    """How long entries may wait to be written together."""

    size: int = option("Written when so many entries wait.", default=100, minimum=1)
    flush_interval: Duration = option("Written at the latest after this.", default=Duration(1_000))


@frozen(kw_only=True)
class FileConfig:
    """Where log entries are written, and which."""

    path: Path | None = option(
        "The file; its directory is made if need be. Default: `~/.orgloop/logs/orgloop.log`.",
        default=None,
    )
    rotation: RotationOptions = option("How the file is rotated.", factory=RotationOptions)
    buffer: BufferOptions = option("How writing is gathered.", factory=BufferOptions)
    filter: FilterOptions = option("Which entries are written.", factory=FilterOptions)
    format: str | None = option(
        "", default=None, ignored="entries are always written as JSON lines"
    )


@implementer(ILogger)
class FileLogger:
    """Append entries to a file, in a thread."""

    _log = Logger()

    def __init__(self, config: FileConfig, context: PluginContext) -> None:
        self._config = config
        self._context = context
        self._path = config.path or context.home / "logs" / "orgloop.log"
        self._wanted = config.filter.wanted()
        self._json = EntryJSON()
        self._files = context.shared.one(LogFiles, LogFiles)
        self._file: RotatingFile | None = None
        self._pending: list[bytes] = []
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
        lines = [self._json(entry) + b"\n" for entry in entries if entry.phase in self._wanted]
        self._pending += lines
        if len(self._pending) >= self._config.buffer.size:
            try:
                await self._push()
            except OSError:
                # Those of this call are counted as lost by the runtime; earlier ones are kept.
                del self._pending[len(self._pending) - len(lines) :]
                raise
        elif self._pending and self._due is None:
            seconds = self._config.buffer.flush_interval.seconds
            self._due = self._context.clock.callLater(seconds, self._push_in_time)

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
            if self._tidied is not None:
                await self._tidied
            file, self._file = self._file, None
            await self._context.run_in_thread(self._files.release, file)

    async def _push(self) -> None:
        """Write what waits, in order; what could not be written waits again."""
        self._cancel_due()
        async with self._turn:
            lines, self._pending = self._pending, []
            file = self._file
            if not lines or file is None:
                return
            try:
                has_rotated = await self._context.run_in_thread(file.write, b"".join(lines))
            except OSError:
                self._pending[:0] = lines
                raise
            if has_rotated and self._tidied is None:
                self._tidy(file)

    def _push_in_time(self) -> None:
        self._due = None
        # A failure shows with the next write: what could not be written still waits.
        Deferred.fromCoroutine(self._push()).addErrback(lambda failure: failure.trap(OSError))

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
            path=str(self._path),
            error=failure.getErrorMessage(),
        )

    def _tidied_up(self, result: None) -> None:
        self._tidied = None


registration = Registration(id="file", logger=FileLogger, config=FileConfig)
