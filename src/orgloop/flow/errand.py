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
from orgloop.wording import described, proper, words_of


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
        return self._as_kept(went)

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
            result = DeliveryResult.error(_said(error))
        return Went(result, has_timed_out=self._call is not None and self._call.has_timed_out)

    def _as_kept(self, went: Went) -> Went:
        """Return how it went without secrets, and in text that can be written."""
        reason, tracking_id = went.result.reason, went.result.tracking_id
        if reason is None and tracking_id is None:
            return went
        result = evolve(
            went.result,
            reason=None if reason is None else self.hidden.reason(reason),
            tracking_id=None if tracking_id is None else proper(tracking_id),
        )
        return evolve(went, result=result)

    def interrupt(self) -> None:
        """End it; its delivery waits, and the attempt counts for nothing."""
        self._is_interrupted = True
        if self._call is not None:
            self._call.interrupt()


def _said(error: BaseException) -> str:
    """Return what went wrong; a time-out says it all."""
    said = words_of(error) if isinstance(error, TimeoutError) else ""
    return said or described(error)
