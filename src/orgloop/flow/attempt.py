"""Make one attempt at a delivery, and never wait for it longer than it may take."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import Any

import orjson
from attrs import define, evolve, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.python.failure import Failure

from orgloop.delivery import DeliveryResult, Dispatch, Outcome
from orgloop.errors import PLUGIN_ERRORS, OrgLoopError
from orgloop.event import Event, EventDraft
from orgloop.flow.route import Route
from orgloop.interfaces import IActor, IDeliveryQueue, IPreparingActor
from orgloop.records import Claim, EventRecord

# After it is cancelled, a call may still need to end what it began: a child process gets five
# seconds between SIGTERM and SIGKILL. One that takes longer than this is left behind.
_PATIENCE_SECONDS = 15.0

_MAY_BE: Mapping[str, Any] = {
    "outcome": Outcome,
    "reason": str | None,
    "tracking_id": str | None,
    "retry_after_seconds": float | int | None,
    "effects": tuple,
}


class NeverDeliverable(OrgLoopError):
    """What the delivery would send cannot be made; trying again changes nothing."""


@define(eq=False)
class BoundedCall:
    """A call under way that can be interrupted, and is given up when it takes too long."""

    _call: Deferred[Any]
    _clock: IReactorTime
    _timeout_seconds: float
    outcome: Deferred[Any] = field(factory=Deferred, init=False)
    """Fires with the call's result, its failure, or `TimeoutError`."""
    _timer: IDelayedCall | None = field(default=None, init=False)
    _has_timed_out: bool = field(default=False, init=False)
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
        self._has_timed_out = True
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
        cancelled = isinstance(result, Failure) and result.check(CancelledError) is not None
        if cancelled and self._has_timed_out:
            result = Failure(TimeoutError(f"no answer within {self._timeout_seconds:g} s"))
        self._finish(result)

    def _finish(self, result: Any) -> None:
        self._is_over = True
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self.outcome.callback(result)


@define(eq=False, kw_only=True)
class Attempts:
    """Turn claimed rows into calls of an actor."""

    project: str
    queue: IDeliveryQueue
    routes: Mapping[str, Route]
    clock: IReactorTime
    default_timeout_seconds: float

    def begin(self, actor: IActor, claim: Claim, record: EventRecord) -> BoundedCall:
        """Begin an attempt; its outcome is a `DeliveryResult`.

        It fails with `NeverDeliverable` where nothing can be sent, with `StorageUnavailable` where
        what is sent cannot be kept first, and with whatever the actor raises.
        """
        call = Deferred.fromCoroutine(self._make(actor, claim, record))
        return BoundedCall(call, self.clock, self._timeout_seconds(claim.route))

    def _timeout_seconds(self, route: str) -> float:
        known = self.routes.get(route)
        timeout = known.settings.timeout if known else None
        return self.default_timeout_seconds if timeout is None else timeout.seconds

    async def _make(self, actor: IActor, claim: Claim, record: EventRecord) -> DeliveryResult:
        dispatch = self._dispatch(claim, record)
        if claim.content is None and IPreparingActor.providedBy(actor):
            dispatch = await self._prepared(actor, dispatch, claim)
        return _checked(await actor.deliver(dispatch))

    def _dispatch(self, claim: Claim, record: EventRecord) -> Dispatch:
        async def note_process(pid: int, started: str) -> None:
            await self.queue.note_process(claim.row, pid, started)

        return Dispatch(
            id=claim.id,
            project=self.project,
            route=claim.route,
            actor=claim.actor,
            events=(record.event if claim.body is None else Event.from_bytes(claim.body),),
            attempt=claim.attempt,
            config=orjson.loads(claim.config),
            prompt=claim.prompt,
            content=claim.content,
            is_replay=claim.replay > 0,
            note_process=note_process,
        )

    async def _prepared(self, actor: Any, dispatch: Dispatch, claim: Claim) -> Dispatch:
        """Fix what every attempt sends, before the first."""
        try:
            content = actor.prepare(dispatch)
        except PLUGIN_ERRORS as error:
            raise NeverDeliverable(f"its content cannot be made: {error}") from error
        if content is None:
            return dispatch
        await self.queue.prepare(claim.row, content)
        return evolve(dispatch, content=content)


def _checked(answer: object) -> DeliveryResult:
    """Return what an actor answered, if that is what an actor may answer."""
    if not isinstance(answer, DeliveryResult):
        raise TypeError(f"the actor answered with {type(answer).__name__}")
    for name, kind in _MAY_BE.items():
        value = getattr(answer, name)
        if not isinstance(value, kind):
            raise TypeError(f"the actor answered with a {type(value).__name__} as its {name}")
    for effect in answer.effects:
        if not isinstance(effect, EventDraft):
            raise TypeError(f"the actor's effects hold a {type(effect).__name__}, not a draft")
    if answer.retry_after_seconds is not None and isnan(answer.retry_after_seconds):
        raise ValueError("the actor's retry_after_seconds is not a number")
    return answer
