"""Stop in six steps, in order, each logged with how long it took.

1. intake stops: polls end, webhooks are answered 503; 2. what is under way ends, or the grace does;
3. loggers flush; 4. checkpoints and state are saved, databases closed; 5. the listener is closed
and the files that say "running" are removed; 6. the process ends.

Asking again while the first three steps run goes straight to the fourth: nothing that was accepted
is lost by that, it is only delivered again. A step that takes longer than it may is left behind.
A runtime that makes way for another one is asked once more before that is hurrying: whoever asks
first wants the other one not to begin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from orgloop.daemon.step import Step, TookTooLong, UnderWay
from orgloop.daemon.telling.witness import MAKING_WAY


@define(eq=False)
class Shutdown:
    """The way out of a running process, taken once.

    ``leave`` is called at the end with the exit code, whatever happened before.
    """

    _log = Logger()

    steps: Sequence[Step]
    leave: Callable[[int], None]
    clock: IReactorTime
    on_begin: Callable[[str], None] = field(default=lambda reason: None)
    """Told why, before the first step; again when somebody asks while it only makes way."""
    exit_code: int = field(default=0, init=False)
    has_begun: bool = field(default=False, init=False)
    is_done: bool = field(default=False, init=False)
    """Whether all steps have been taken."""
    _makes_way: bool = field(default=False, init=False)
    _hurried: bool = field(default=False, init=False)
    _under_way: UnderWay | None = field(default=None, init=False)
    _waiting: list[Deferred[None]] = field(factory=list, init=False)

    def request(self, reason: str) -> None:
        """Begin, or hurry if it has begun."""
        if self._makes_way:
            self._makes_way = False
            self._log.info("stopping for good: {reason}", reason=reason)
            self.on_begin(reason)
        elif self.has_begun:
            self._log.warn("stopping at once: {reason}", reason=reason)
            self._hurried = True
            if self._under_way is not None:
                self._under_way.hurry()
        else:
            self._begin(reason)

    def make_way(self) -> None:
        """Begin, for another runtime to go on; nothing if it has begun."""
        if not self.has_begun:
            self._makes_way = True
            self._begin(MAKING_WAY)

    def fail(self, reason: str) -> None:
        """Begin if nobody has, and end with exit code 1."""
        self.exit_code = 1
        if not self.has_begun:
            self._begin(reason)

    async def finish(self, reason: str) -> None:
        """Begin if nobody has, and wait until the last step is done."""
        if not self.has_begun:
            self._begin(reason)
        if not self.is_done:
            waiting: Deferred[None] = Deferred()
            self._waiting.append(waiting)
            await waiting

    def _begin(self, reason: str) -> None:
        self.has_begun = True
        self._log.info("stopping: {reason}", reason=reason)
        self.on_begin(reason)
        Deferred.fromCoroutine(self._run()).addErrback(self._never)

    def _never(self, failure: Failure) -> None:
        self._log.failure("the way out is blocked", failure)

    async def _run(self) -> None:
        for step in self.steps:
            if not (step.may_be_hurried and self._hurried):
                await self._take(step)
        self.is_done = True
        for waiting in self._waiting:
            waiting.callback(None)
        self.leave(self.exit_code)

    async def _take(self, step: Step) -> None:
        began = self.clock.seconds()
        self._under_way = UnderWay(step, self.clock)
        try:
            await self._under_way.over
        except CancelledError:
            self._log.warn("{step}: cut short", step=step.name)
        except TookTooLong:
            self.exit_code = 1
            self._log.error("{step}: left behind, for it does not end", step=step.name)
        except Exception:
            # One step that fails must not keep the next from saving what can be saved.
            self.exit_code = 1
            self._log.failure("{step}: failed", step=step.name)
        finally:
            self._under_way = None
        took = round(self.clock.seconds() - began, 3)
        self._log.info("{step}: done after {seconds} s", step=step.name, seconds=took)
