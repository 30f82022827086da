"""Feed one logger: keep what it cannot take yet, and keep its trouble to itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from orgloop.errors import PLUGIN_ERRORS
from orgloop.flow.background import ended_within
from orgloop.hidden import Hidden
from orgloop.interfaces import IBufferingLogger, ILogger
from orgloop.logentry import LogEntry
from orgloop.wording import described

T = TypeVar("T")
BUFFERED_ENTRIES = 10_000
_BATCH_ENTRIES = 1_000
# Entries that come close together are written together; nobody sees a log later for it.
_GATHER_SECONDS = 0.05
_PAUSE_SECONDS = 10.0
_GRACE_SECONDS = 2.0
_LONG_SECONDS = 0.5


@define(eq=False)
class Feed:
    """Hand entries to one logger, batch after batch, never two at a time.

    What comes while it is busy, or pausing after a failure, is kept up to `BUFFERED_ENTRIES`; more
    is counted as lost. A failure is reported once, and so is its end.
    """

    name: str
    logger: ILogger
    _clock: IReactorTime
    _hidden: Hidden = Hidden()
    _missed: int = field(default=0, init=False)
    """Entries that never reached the logger."""
    _buffer: deque[LogEntry] = field(factory=deque, init=False)
    _due: IDelayedCall | None = field(default=None, init=False)
    _work: Deferred[Any] | None = field(default=None, init=False)
    _idle: list[Deferred[None]] = field(factory=list, init=False)
    _is_started: bool = field(default=False, init=False)
    _failure: str | None = field(default=None, init=False)
    _is_told: bool = field(default=False, init=False)
    """Whether the failure stands in the log."""
    _is_overflowing: bool = field(default=False, init=False)
    _is_stopped: bool = field(default=False, init=False)
    _has_held_up: bool = field(default=False, init=False)
    _is_slow: bool = field(default=False, init=False)
    """Whether the last flush was given up, and what it waited for still goes on."""
    _reported: int = field(default=0, init=False)
    """How many of those missed were told of."""

    _log = Logger()

    @property
    def lost(self) -> int:
        """How many entries never reached the logger, or were lost by it."""
        return self._missed + (self._said("lost", int) or 0)

    @property
    def trouble(self) -> str | None:
        """Why no entry gets where it belongs just now; `None` if all is well."""
        busy = "it cannot keep up: its buffer is full" if self._is_overflowing else None
        said = self._failure or busy or self._said("trouble", str)
        return None if said is None else self._hidden.reason(said)

    def begin(self) -> None:
        """Start the logger; until it has started, entries are kept."""
        self._work_now()

    def put(self, entry: LogEntry) -> None:
        """Take one entry; never waits and never raises."""
        if len(self._buffer) >= BUFFERED_ENTRIES:
            self._overflow()
            return
        self._buffer.append(entry)
        if self._due is None and self._work is None:
            self._work_in(_GATHER_SECONDS)

    async def flush(self) -> None:
        """Hand over everything and have it pushed out, within two seconds."""
        self._is_slow = not await self._within_grace(self._flush(), "flushing")

    async def stop(self) -> None:
        """Flush and stop the logger, within two seconds each. No entry may follow."""
        if not self._is_slow:
            await self.flush()
        self._is_stopped = True
        self._cancel_due()
        if self._work is not None:
            self._work.cancel()
        self._missed += len(self._buffer)
        self._report_lost()
        await self._within_grace(self._stopped(), "stopping")

    # --- the work under way

    def _work_in(self, seconds: float) -> None:
        self._cancel_due()
        if not self._is_stopped:
            self._due = self._clock.callLater(seconds, self._work_now)

    def _work_now(self) -> None:
        self._due = None
        began = self._clock.seconds()
        self._work = work = Deferred.fromCoroutine(self._drain())
        self._held_up(self._clock.seconds() - began)
        work.addCallbacks(self._drained, self._not_drained).addBoth(self._worked)

    def _held_up(self, seconds: float) -> None:
        """Warn, once, of a logger that took long to give back control: nothing else went on."""
        if seconds >= _LONG_SECONDS and not self._has_held_up:
            self._has_held_up = True
            self._log.warn(
                "logger {name} held up everything for {seconds} s: one that blocks provides "
                "IBlockingLogger and gets a thread of its own",
                name=self.name,
                seconds=round(seconds, 1),
            )

    def _drained(self, succeeded: bool) -> None:
        if not succeeded:
            self._work_in(_PAUSE_SECONDS)
        elif self._buffer:
            self._work_in(_GATHER_SECONDS)

    def _not_drained(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._log.failure("feeding logger {name} failed", failure, name=self.name)

    def _worked(self, _: None) -> None:
        self._work, self._is_slow = None, False
        idle, self._idle = self._idle, []
        for waiting in idle:
            waiting.callback(None)

    async def _drain(self) -> bool:
        """Write what waits, and full batches that come meanwhile; say whether all was taken."""
        if not self._is_started:
            self._is_started = await self._tried(self.logger.start)
        left = len(self._buffer)
        while self._is_started and (left > 0 or len(self._buffer) >= _BATCH_ENTRIES):
            count = min(len(self._buffer), _BATCH_ENTRIES)
            if not await self._written([self._buffer.popleft() for _ in range(count)]):
                return False
            left -= count
        self._is_overflowing = False
        self._report_lost()
        return self._is_started

    async def _written(self, batch: list[LogEntry]) -> bool:
        succeeded = False
        try:
            succeeded = await self._tried(lambda: self.logger.write(batch))
        finally:
            self._missed += 0 if succeeded else len(batch)
        return succeeded

    async def _tried(self, step: Callable[[], Awaitable[None]]) -> bool:
        """Make one step of the logger and say whether it succeeded."""
        try:
            await step()
        except CancelledError:
            raise
        except PLUGIN_ERRORS as error:
            self._failure = described(error)
            # A logger that knows of its trouble has told of it.
            if not self._is_told and self._said("trouble", str) is None:
                self._is_told = True
                self._log.warn(
                    "logger {name} failed and is tried again later: {error}",
                    name=self.name,
                    error=self._failure,
                )
            return False
        if self._is_told:
            self._log.info("logger {name} works again", name=self.name)
        self._is_told, self._failure = False, None
        return True

    def _overflow(self) -> None:
        if not self._is_overflowing and self._failure is None:
            self._log.warn("logger {name} cannot keep up: entries are lost", name=self.name)
        self._is_overflowing = True
        self._missed += 1

    def _report_lost(self) -> None:
        if self._missed > self._reported:
            count, self._reported = self._missed - self._reported, self._missed
            self._log.warn("logger {name} lost {count} entries", name=self.name, count=count)

    def _said(self, name: str, kind: type[T]) -> T | None:
        """Return what a logger that buffers says of itself, as far as that can be understood."""
        if not IBufferingLogger.providedBy(self.logger):
            return None
        try:
            answer = getattr(self.logger, name)
        except PLUGIN_ERRORS:
            return None
        return answer if isinstance(answer, kind) else None

    # --- flushing

    async def _flush(self) -> None:
        await self._until_idle()
        if self._buffer or not self._is_started:
            self._cancel_due()
            self._work_now()
            await self._until_idle()
        if self._is_started:
            await self._tried(self.logger.flush)

    async def _until_idle(self) -> None:
        if self._work is not None:
            waiting: Deferred[None] = Deferred()
            self._idle.append(waiting)
            await waiting

    def _cancel_due(self) -> None:
        due, self._due = self._due, None
        if due is not None:
            due.cancel()

    async def _stopped(self) -> None:
        await self.logger.stop()

    async def _within_grace(self, step: Coroutine[Any, Any, None], doing: str) -> bool:
        """Take a step; say whether it ended in time."""
        try:
            if not await ended_within(step, _GRACE_SECONDS, self._clock):
                self._log.warn("{doing} logger {name} took too long", doing=doing, name=self.name)
                return False
        except CancelledError:
            raise
        except PLUGIN_ERRORS as error:
            self._log.warn(
                "{doing} logger {name} failed: {error}",
                doing=doing,
                name=self.name,
                error=described(error),
            )
        return True
