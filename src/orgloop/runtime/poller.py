"""Poll one source: once, safely."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from orgloop.config.model import SourceDefinition
from orgloop.errors import PLUGIN_ERRORS, Overloaded, StorageUnavailable
from orgloop.event import EventDraft
from orgloop.flow.bounded_call import BoundedCall
from orgloop.flow.intake import Intake
from orgloop.flow.tell import Tell
from orgloop.hidden import Hidden
from orgloop.interfaces import IPollingSource
from orgloop.reports import PollResult
from orgloop.runtime.metrics import Metrics
from orgloop.runtime.position import Position
from orgloop.runtime.tally import Tally


@define(eq=False, kw_only=True)
class Poller:
    """Ask a source what happened, keep it, and only then move its checkpoint."""

    definition: SourceDefinition
    source: IPollingSource
    intake: Intake
    position: Position
    clock: IReactorTime
    now_ms: Callable[[], int]
    tell: Tell
    metrics: Metrics
    tally: Tally
    hidden: Hidden = Hidden()
    waits_for_disk: bool = field(default=False, init=False)
    """Whether the last poll was for nothing: the disk refused, or cannot keep up with intake.

    That is no failure of the source.
    """
    _call: BoundedCall | None = field(default=None, init=False)
    _is_interrupted: bool = field(default=False, init=False)

    @property
    def checkpoint(self) -> str | None:
        """Where the next poll goes on from."""
        return self.position.checkpoint

    async def poll(self) -> bool:
        """Poll once and say whether it went well. Never raises."""
        began = self.clock.seconds()
        self.waits_for_disk = False
        try:
            await self.position.load()
            moves = self.position.moves
            result = await self._ask()
            acceptance = await self.intake.accept(self.definition.id, result.events)
            self.tally.accepted(acceptance.created, self.now_ms())
            if result.checkpoint is not None:
                await self.position.advance(result.checkpoint, moves)
        except (StorageUnavailable, Overloaded):
            self.waits_for_disk = True
            return False
        except PLUGIN_ERRORS as error:
            if not self._is_interrupted:
                self.failed(error)
            return False
        self.tally.polled(self.now_ms())
        self.metrics.poll_seconds(self.definition.id, self.clock.seconds() - began)
        return True

    async def _ask(self) -> PollResult:
        call = Deferred.fromCoroutine(self.source.poll(self.checkpoint))
        self._call = BoundedCall(call, self.clock, self.definition.poll_timeout.seconds)
        try:
            result: object = await self._call.outcome
        finally:
            self._call = None
        return _checked(result)

    def failed(self, error: BaseException) -> None:
        """Count a failure, and tell of it."""
        reason = self.hidden.reason(error)
        self.tally.failed(reason)
        self.metrics.source_error(self.definition.id)
        self.tell("source.error", source=self.definition.id, error=reason)

    def interrupt(self) -> None:
        """End the poll under way: its checkpoint stays, and that it ends is no failure of it."""
        self._is_interrupted = True
        if self._call is not None:
            self._call.interrupt()


def _checked(result: object) -> PollResult:
    """Return what a source answered, if that is what a source may answer."""
    if not isinstance(result, PollResult):
        raise TypeError(f"the source answered with {type(result).__name__}")
    for event in result.events:
        if not isinstance(event, EventDraft):
            raise TypeError(f"the source reported {type(event).__name__} where an event belongs")
    if not isinstance(result.checkpoint, str | None):
        raise TypeError(f"the source's checkpoint is {type(result.checkpoint).__name__}, not text")
    return result
