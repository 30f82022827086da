"""Run one attempt at a claimed delivery, and learn how it went."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, evolve, field, frozen
from twisted.internet.defer import CancelledError

from orgloop.delivery import DeliveryResult, Outcome
from orgloop.errors import PLUGIN_ERRORS, StorageUnavailable
from orgloop.flow.attempt import Attempts, NeverDeliverable
from orgloop.flow.books import Books
from orgloop.flow.bounded_call import BoundedCall
from orgloop.hidden import Hidden
from orgloop.interfaces import IActor
from orgloop.records import Claim, EventRecord


@frozen
class Went:
    """How an attempt went."""

    result: DeliveryResult
    is_final: bool = False
    """It never got to the actor, and never will."""
    has_timed_out: bool = False

    @property
    def is_error(self) -> bool:
        return self.result.outcome is Outcome.ERROR

    @property
    def reason(self) -> str:
        return self.result.reason or "it failed without a reason"


@define(eq=False, kw_only=True)
class Errand:
    """One attempt under way."""

    claim: Claim
    records: Mapping[int, EventRecord]
    """The events that it carries, by their place in the log; those not held are absent."""
    attempts: Attempts
    books: Books
    started_at: int
    hidden: Hidden
    _call: BoundedCall | None = field(default=None, init=False)
    _is_interrupted: bool = field(default=False, init=False)

    @property
    def record(self) -> EventRecord | None:
        """The event, or the last of a batch, if the log has it."""
        return self.records.get(self.claim.event_seq)

    async def run(self, actor: IActor) -> Went | None:
        """Make the attempt; `None` if how it went is not known and it must be made again."""
        if self._is_interrupted:
            return None
        try:
            went = await self._made(actor)
        except StorageUnavailable:
            return None
        if self._is_interrupted and went.is_error:
            return None  # it was told to end: how it would have gone is not known
        return self._without_secrets(went)

    async def _made(self, actor: IActor) -> Went:
        try:
            self.books.began(self.claim, self.records)
            self._call = self.attempts.begin(actor, self.claim, self.records)
            result: DeliveryResult = await self._call.outcome
        except NeverDeliverable as error:
            return Went(DeliveryResult.error(str(error)), is_final=True)
        except CancelledError:
            result = DeliveryResult.error("the actor gave up by itself")
        except StorageUnavailable:
            raise
        except PLUGIN_ERRORS as error:
            result = DeliveryResult.error(_described(error))
        return Went(result, has_timed_out=self._call is not None and self._call.has_timed_out)

    def _without_secrets(self, went: Went) -> Went:
        if went.result.reason is None:
            return went
        reason = self.hidden.conceal(went.result.reason)
        return evolve(went, result=evolve(went.result, reason=reason))

    def interrupt(self) -> None:
        """End it; its delivery waits, and the attempt counts for nothing."""
        self._is_interrupted = True
        if self._call is not None:
            self._call.interrupt()


def _described(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, TimeoutError) and text:
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
