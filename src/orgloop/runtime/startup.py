"""Start a component, and try again until it starts: what is missing may come up later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from orgloop.errors import PLUGIN_ERRORS, PluginError
from orgloop.flow.background import ended_within, in_background, of_plugin, until_over
from orgloop.hidden import Hidden
from orgloop.wording import words_of

_FIRST_RETRY_SECONDS, _LONGEST_RETRY_SECONDS = 1.0, 30.0
_START_TIMEOUT_SECONDS = 60.0
_STOP_TIMEOUT_SECONDS = 5.0

T = TypeVar("T")


@define(eq=False, kw_only=True)
class Startup(Generic[T]):
    """One source or actor on its way up.

    ``reason`` says why it is degraded; it is `None` once it has started.
    """

    _log = Logger()

    name: str
    """For people: ``source github``, ``actor reviewer``."""
    make: Callable[[], T] | None
    """Build an instance; `None` for a component that cannot be built before the next start."""
    clock: IReactorTime
    on_started: Callable[[T], None]
    on_degraded: Callable[[str], None] | None = None
    """Called with the reason, instead of a line in the log, whenever a start fails."""
    reason: str | None = "starting"
    hidden: Hidden = Hidden()
    instance: T | None = field(default=None, init=False)
    _attempt: Deferred[None] | None = field(default=None, init=False)
    _retry: IDelayedCall | None = field(default=None, init=False)
    _retry_seconds: float = field(default=_FIRST_RETRY_SECONDS, init=False)
    _is_stopping: bool = field(default=False, init=False)
    _told: str | None = field(default=None, init=False)
    """The reason that stands in the log."""

    def begin(self) -> Deferred[None]:
        """Start the component; the Deferred fires when the first try has ended, either way."""
        self._attempt = in_background(self._try(), self._log)
        return until_over(self._attempt)

    async def _try(self) -> None:
        if self._is_stopping:
            return
        if self.make is None:
            self._is_degraded(self.reason or "")
            return
        instance: Any = None
        try:
            instance = self.make()
            await start_in_time(instance, self.clock)
        except PLUGIN_ERRORS as error:
            if not self._is_stopping:
                self._is_degraded(self.hidden.reason(words_of(error) or type(error).__name__))
            if instance is not None:
                await self._let_go(instance)
            self._again()
            return
        if self._is_stopping:
            await self._let_go(instance)
            return
        self.instance, self.reason = instance, None
        self.on_started(instance)

    def _is_degraded(self, reason: str) -> None:
        if self.on_degraded is not None:
            self.on_degraded(reason)
        elif reason != self._told:
            self._told = reason
            self._log.warn("{name} is degraded: {reason}", name=self.name, reason=reason)
        self.reason = reason

    def _again(self) -> None:
        """Try again: soon at first, what is missing may be just coming up, then ever later."""
        if not self._is_stopping:
            self._retry = self.clock.callLater(self._retry_seconds, self.begin)
            self._retry_seconds = min(2 * self._retry_seconds, _LONGEST_RETRY_SECONDS)

    async def _let_go(self, instance: Any) -> None:
        await let_go(self.name, instance, self.clock, self._log)

    async def stop(self) -> None:
        """Let go of the component, started or not."""
        self._is_stopping = True
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        if self._attempt is not None:
            self._attempt.cancel()
            await self._attempt
        instance, self.instance = self.instance, None
        if instance is not None:
            await self._let_go(instance)


async def let_go(name: str, instance: Any, clock: IReactorTime, log: Logger) -> None:
    """Stop a component; one that fails or takes longer than five seconds is left behind."""
    try:
        if not await ended_within(_stopped(instance), _STOP_TIMEOUT_SECONDS, clock):
            log.warn("{name} does not stop and is left behind", name=name)
    except CancelledError:
        raise
    except PLUGIN_ERRORS as error:
        log.warn("{name} does not stop cleanly: {error!r}", name=name, error=error)


async def _stopped(instance: Any) -> None:
    await instance.stop()


async def start_in_time(instance: Any, clock: IReactorTime) -> None:
    """Start a component; raise `PluginError` when that takes longer than a minute."""
    started = Deferred.fromCoroutine(instance.start()).addErrback(of_plugin)
    await started.addTimeout(_START_TIMEOUT_SECONDS, clock, _took_too_long)


def _took_too_long(outcome: Any, seconds: float) -> Any:
    if isinstance(outcome, Failure) and outcome.check(CancelledError):
        raise PluginError(f"it did not start within {seconds:g} s")
    return outcome
