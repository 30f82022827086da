"""Send what a logger is given, batch after batch, without ever holding anybody up."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from orgloop.loggers.outbox.errors import NotSent, Refused, TooLarge
from orgloop.loggers.outbox.patience import RetryOptions
from orgloop.loggers.outbox.trouble import Trouble

T = TypeVar("T")


@frozen(kw_only=True)
class Limits:
    """How much is kept, how much goes out together, and how long anything waits for company."""

    size: int
    batch: int
    delay_seconds: float


@define(eq=False)
class Outbox(Generic[T]):
    """Keep items in order until ``send`` has sent them.

    ``send`` gets a batch and raises `NotSent` or `Refused` where that fails; it is never called
    twice at a time. What is too large goes in halves, down to single items. What does not
    fit into the buffer is lost: counted, and reported.
    """

    _name: str
    _send: Callable[[Sequence[T]], Awaitable[None]]
    _clock: IReactorTime
    _limits: Limits
    _retry: RetryOptions = field(factory=RetryOptions)
    _trouble: Trouble = field(init=False)
    _waiting: deque[T] = field(factory=deque, init=False)
    _due: IDelayedCall | None = field(default=None, init=False)
    _work: Deferred[Any] | None = field(default=None, init=False)
    _idle: list[Deferred[None]] = field(factory=list, init=False)
    _at_once: int = field(init=False)
    """How many items go out together now: fewer than the limit after some were too large."""
    _attempts: int = field(default=0, init=False)
    """How often the first batch has been tried in vain."""
    _is_pausing: bool = field(default=False, init=False)
    """Whether the last attempt failed, and the next one is not due yet."""
    _is_cut_short: bool = field(default=False, init=False)
    """Whether the last `flush` was given up by who asked for it."""
    _is_stopped: bool = field(default=False, init=False)

    _log = Logger()

    def __attrs_post_init__(self) -> None:
        self._trouble = Trouble(self._name, self._clock)
        self._at_once = self._limits.batch

    @property
    def lost(self) -> int:
        """How many items will never arrive."""
        return self._trouble.lost

    @property
    def trouble(self) -> str | None:
        """Why nothing can be sent just now."""
        return self._trouble.reason

    def put(self, items: Sequence[T]) -> None:
        """Take items to send. Never waits."""
        room = 0 if self._is_stopped else self._limits.size - len(self._waiting)
        self._waiting.extend(items[:room])
        if len(items) > room:
            self._trouble.lose(len(items) - room, "its buffer is full")
        self._plan()

    async def flush(self) -> None:
        """Try to send all there is, at once; return when it is sent or cannot be."""
        try:
            await self._until_idle()
            if self._waiting and not self._is_stopped:
                self._begin(everything=True)
                await self._until_idle()
        except CancelledError:
            self._is_cut_short = True
            raise

    async def stop(self) -> None:
        """Send what waits unless that has just failed; what is left is lost. Idempotent."""
        try:
            if not self._is_pausing and not self._is_cut_short:
                await self.flush()
        finally:
            self._is_stopped = True
            self._cancel_due()
            if self._work is not None:
                self._work.cancel()
            self._give_up(len(self._waiting), "it is stopped")
            self._trouble.tell_lost("it is stopped")

    # --- when

    def _plan(self) -> None:
        """See to it that what waits is sent in time; a pause after a failure is kept."""
        is_busy = self._work is not None or self._is_pausing
        if self._is_stopped or is_busy or not self._waiting:
            return
        if len(self._waiting) >= self._limits.batch:
            self._begin()
        elif self._due is None:
            self._begin_in(self._limits.delay_seconds)

    def _begin_in(self, seconds: float) -> None:
        self._cancel_due()
        self._due = self._clock.callLater(seconds, self._begin, everything=True)

    def _begin(self, *, everything: bool = False) -> None:
        self._cancel_due()
        self._is_pausing = self._is_cut_short = False
        self._work = Deferred.fromCoroutine(self._send_batches(everything))
        self._work.addErrback(self._unexpected).addCallback(self._ended)

    def _ended(self, pause_seconds: float | None) -> None:
        self._work = None
        idle, self._idle = self._idle, []
        if pause_seconds is not None and not self._is_stopped:
            self._is_pausing = True
            self._begin_in(pause_seconds)
        self._plan()
        for waiting in idle:
            waiting.callback(None)

    def _unexpected(self, failure: Failure) -> float | None:
        if failure.check(CancelledError):
            return None
        self._log.failure("logger {name} failed to send", failure, name=self._name)
        self._give_up(self._limits.batch, "it failed to send them")
        return self._retry.max_delay.seconds

    async def _until_idle(self) -> None:
        if self._work is not None:
            waiting: Deferred[None] = Deferred()
            self._idle.append(waiting)
            await waiting

    def _cancel_due(self) -> None:
        due, self._due = self._due, None
        if due is not None and due.active():
            due.cancel()

    # --- what

    async def _send_batches(self, everything: bool) -> float | None:
        """Send full batches, or all there was; return how long to pause if that failed."""
        left = len(self._waiting)
        while self._waiting and (
            len(self._waiting) >= self._limits.batch or (everything and left > 0)
        ):
            batch = list(islice(self._waiting, self._at_once))
            try:
                await self._send(batch)
            except NotSent as error:
                return self._not_sent(len(batch), error)
            except Refused as error:
                if isinstance(error, TooLarge) and len(batch) > 1:
                    self._at_once = len(batch) // 2
                    continue
                self._refused(len(batch), error)
            else:
                self._sent(len(batch))
            left -= len(batch)
        return None

    def _sent(self, count: int) -> None:
        self._remove(count)
        self._trouble.is_over()
        self._at_once = min(self._limits.batch, self._at_once + 1 + self._at_once // 8)

    def _refused(self, count: int, error: Refused) -> None:
        self._remove(count)
        if error.count is None:
            self._trouble.refuses(str(error))
        else:
            self._trouble.is_over()  # the others have arrived
        self._trouble.lose(count if error.count is None else error.count, str(error))

    def _not_sent(self, count: int, error: NotSent) -> float:
        self._attempts += 1
        pause = self._retry.delay_seconds(self._attempts, error.after_seconds)
        self._trouble.lasts(str(error))
        if self._attempts == self._retry.max_attempts:
            self._give_up(count, str(error))
        return pause

    def _give_up(self, count: int, reason: str) -> None:
        if removed := self._remove(count):
            self._trouble.lose(removed, reason)

    def _remove(self, count: int) -> int:
        """Take so many from the front, if there are so many; return how many it were."""
        removed = min(count, len(self._waiting))
        for _ in range(removed):
            self._waiting.popleft()
        self._attempts = 0
        return removed
