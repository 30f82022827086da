"""Call a plugin, and never wait for it longer than it may take."""

from __future__ import annotations

from typing import Any

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from orgloop.flow.background import of_plugin

# After it is cancelled, a call may still need to end what it began: a child process gets five
# seconds between SIGTERM and SIGKILL. One that takes longer than this is left behind.
_PATIENCE_SECONDS = 15.0


@define(eq=False)
class BoundedCall:
    """A call under way that can be interrupted, and is given up when it takes too long."""

    _call: Deferred[Any]
    _clock: IReactorTime
    _timeout_seconds: float
    outcome: Deferred[Any] = field(factory=Deferred, init=False)
    """Fires with the call's result, its failure, or `TimeoutError`."""
    _timer: IDelayedCall | None = field(default=None, init=False)
    has_timed_out: bool = field(default=False, init=False)
    """Whether it took too long, even if it has answered since."""
    _is_over: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._timer = self._clock.callLater(self._timeout_seconds, self._time_out)
        self._call.addBoth(self._ended)

    def interrupt(self) -> None:
        """Cancel the call; `outcome` fires with `CancelledError` when it has cleaned up."""
        if not self._is_over:
            self._be_patient()
            self._call.cancel()

    def _time_out(self) -> None:
        # A process that stood still finds the answer there and its time up: the answer goes first.
        self._timer = self._clock.callLater(0, self._give_up)

    def _give_up(self) -> None:
        self.has_timed_out = True
        self._be_patient()
        self._call.cancel()

    def _be_patient(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = self._clock.callLater(_PATIENCE_SECONDS, self._abandon)

    def _abandon(self) -> None:
        self._finish(Failure(TimeoutError("the actor does not end although it was told to")))

    def _ended(self, result: Any) -> None:
        if self._is_over:
            return
        if isinstance(result, Failure):
            result = self._failure(result)
        self._finish(result)

    def _failure(self, failure: Failure) -> Failure:
        if self.has_timed_out and failure.check(CancelledError):
            return Failure(TimeoutError(f"no answer within {self._timeout_seconds:g} s"))
        return of_plugin(failure)

    def _finish(self, result: Any) -> None:
        self._is_over = True
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self.outcome.callback(result)
