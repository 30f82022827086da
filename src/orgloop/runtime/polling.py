"""Decide when a source is polled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from orgloop.errors import PLUGIN_ERRORS
from orgloop.flow.background import heard, in_background, until_over
from orgloop.flow.tell import Tell
from orgloop.interfaces import IScheduledSource
from orgloop.runtime.poller import Poller

_LONGEST_SLEEP_SECONDS = 30.0  # due times are wall clock: look again in case it was set
_RETRY_SECONDS = 5.0  # for a scheduled source that failed, and for any while the disk refuses


@define(eq=False, kw_only=True)
class SourceCircuit:
    """Leave a source alone for a while after it has failed again and again."""

    _log = Logger()

    poller: Poller
    tell: Tell
    is_open: bool = field(default=False, init=False)
    _under_way: Deferred[None] | None = field(default=None, init=False)

    async def poll(self) -> None:
        """Poll once, or wait for the poll under way: there are never two at the same time.

        The circuit opens after too many failures in a row, and closes with a success.
        """
        if self._under_way is None:
            self._under_way = in_background(self._poll(), self._log)
            self._under_way.addCallback(self._ended)
        await self.ended()

    def ended(self) -> Deferred[None]:
        """Return a Deferred that fires when no poll is under way."""
        return until_over(self._under_way)

    def _ended(self, result: None) -> None:
        self._under_way = None

    async def _poll(self) -> None:
        definition, tally = self.poller.definition, self.poller.tally
        if self.is_open:
            self.tell("source.circuit_retry", source=definition.id)
        if await self.poller.poll():
            if self.is_open:
                self.tell("source.circuit_close", source=definition.id)
            self.is_open = False
        elif not self.is_open and tally.consecutive_errors >= definition.failure_threshold:
            self.is_open = True
            self.tell("source.circuit_open", source=definition.id, error=tally.last_error)

    @property
    def is_well(self) -> bool:
        """Whether the last poll went well."""
        return not (self.poller.waits_for_disk or self.poller.tally.consecutive_errors)

    @property
    def retry_seconds(self) -> float:
        """How long after a poll that did not go well the next one is made, intervals aside."""
        cooldown = self.poller.definition.circuit_cooldown.seconds
        return cooldown if self.is_open else _RETRY_SECONDS


@define(eq=False, kw_only=True)
class PollingLoop:
    """Poll at an interval, never twice at the same time."""

    _log = Logger()

    circuit: SourceCircuit
    interval_seconds: float
    clock: IReactorTime
    _loop: LoopingCall | None = field(default=None, init=False)
    _done: Deferred[LoopingCall] | None = field(default=None, init=False)
    _start: IDelayedCall | None = field(default=None, init=False)

    def begin(self, delay_seconds: float) -> None:
        """Make the first poll after ``delay_seconds`` (sources are spread over their interval)."""
        self._start = self.clock.callLater(delay_seconds, self._begin_loop)

    def _begin_loop(self) -> None:
        self._loop = LoopingCall(self._poll)
        self._loop.clock = self.clock
        self._done = heard(self._loop.start(self.interval_seconds), self._log)

    async def _poll(self) -> None:
        await self.circuit.poll()
        must_wait = self.circuit.is_open or self.circuit.poller.waits_for_disk
        if must_wait and self._loop is not None and self._loop.running:
            self._loop.stop()
            self.begin(self.circuit.retry_seconds)

    async def stop(self) -> None:
        """Make no further poll; return when the one under way has ended."""
        if self._loop is not None and self._loop.running:
            self._loop.stop()
        await until_over(self._done)
        if self._start is not None and self._start.active():
            self._start.cancel()


@define(eq=False, kw_only=True)
class DueTimer:
    """Poll a scheduled source at the moments it names."""

    _log = Logger()

    source: IScheduledSource
    circuit: SourceCircuit
    clock: IReactorTime
    now_ms: Callable[[], int]
    _timer: IDelayedCall | None = field(default=None, init=False)
    _due: datetime | None = field(default=None, init=False)
    _polling: Deferred[None] | None = field(default=None, init=False)
    _is_stopping: bool = field(default=False, init=False)

    def begin(self, delay_seconds: float) -> None:
        """Poll once, to report what was missed, and from then on when something is due."""
        self._timer = self.clock.callLater(delay_seconds, self._poll)

    def hurry(self) -> None:
        """Poll at once: what was planned followed from a checkpoint that does not hold any more."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
            self._timer = self.clock.callLater(0, self._poll)

    def _poll(self) -> None:
        self._polling = in_background(self._poll_and_plan(), self._log)

    async def _poll_and_plan(self) -> None:
        asked_at = self._now()
        await self.circuit.poll()
        if self._is_stopping:
            return
        if self.circuit.is_well:
            self._plan(asked_at)
        if not self.circuit.is_well:
            self._timer = self.clock.callLater(self.circuit.retry_seconds, self._poll)
        else:
            self._sleep()

    def _plan(self, asked_at: datetime) -> None:
        """Ask the source when it has something to report; that it cannot say is a failed poll."""
        poller = self.circuit.poller
        try:
            self._due = _checked(self.source.next_due(poller.checkpoint, asked_at), asked_at)
        except PLUGIN_ERRORS as error:
            poller.failed(error)

    def _sleep(self) -> None:
        if self._due is None:
            return
        left = (self._due - self._now()).total_seconds()
        if left <= 0:
            # Not at once: the poll that planned this one has to end first, or `stop` would miss it.
            self._timer = self.clock.callLater(0, self._poll)
        else:
            self._timer = self.clock.callLater(min(left, _LONGEST_SLEEP_SECONDS), self._sleep)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    async def stop(self) -> None:
        """Make no further poll; return when the one under way has ended."""
        self._is_stopping = True
        await until_over(self._polling)
        if self._timer is not None and self._timer.active():
            self._timer.cancel()


def _checked(due: object, asked_at: datetime) -> datetime | None:
    """Refuse what is no moment to come: a source that is always due would be polled without end."""
    if due is None:
        return None
    if not isinstance(due, datetime) or due.utcoffset() is None:
        raise TypeError(f"the source is next due at {due!r}, which is no moment in UTC")
    if due <= asked_at:
        raise ValueError(f"the source is next due at {due}, which is past")
    return due
