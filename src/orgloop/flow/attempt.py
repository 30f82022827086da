"""Make one attempt at a delivery: turn what the books hold into a call of its actor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

import orjson
from attrs import define, evolve
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from orgloop.delivery import DeliveryResult, Dispatch, Outcome
from orgloop.errors import PLUGIN_ERRORS, DamagedEvent, OrgLoopError
from orgloop.event import Event, EventDraft
from orgloop.flow.bounded_call import BoundedCall
from orgloop.flow.route import Route
from orgloop.interfaces import IActor, IDeliveryQueue, IPreparingActor
from orgloop.records import Claim, EventRecord, Member
from orgloop.wording import words_of

_MAY_BE: Mapping[str, Any] = {
    "outcome": Outcome,
    "reason": str | None,
    "tracking_id": str | None,
    "retry_after_seconds": float | int | None,
    "effects": tuple,
}


class NeverDeliverable(OrgLoopError):
    """What the delivery would send cannot be made; trying again changes nothing."""


@define(eq=False, kw_only=True)
class Attempts:
    """Turn claimed rows into calls of an actor."""

    project: str
    queue: IDeliveryQueue
    routes: Mapping[str, Route]
    clock: IReactorTime
    default_timeout_seconds: float

    def begin(self, actor: IActor, claim: Claim, records: Mapping[int, EventRecord]) -> BoundedCall:
        """Begin an attempt; its outcome is a `DeliveryResult`.

        ``records`` are those of `seqs_of` the claim, as far as the log has them. It fails with
        `NeverDeliverable` where nothing can be sent, with `StorageUnavailable` where what is sent
        cannot be kept first, and with whatever the actor raises.
        """
        call = Deferred.fromCoroutine(self._make(actor, claim, records))
        return BoundedCall(call, self.clock, self._timeout_seconds(claim.route))

    def _timeout_seconds(self, route: str) -> float:
        known = self.routes.get(route)
        timeout = known.settings.timeout if known else None
        return self.default_timeout_seconds if timeout is None else timeout.seconds

    async def _make(
        self, actor: IActor, claim: Claim, records: Mapping[int, EventRecord]
    ) -> DeliveryResult:
        dispatch = self._dispatch(claim, records)
        if claim.content is None and IPreparingActor.providedBy(actor):
            dispatch = await self._prepared(actor, dispatch, claim)
        return _checked(await actor.deliver(dispatch))

    def _dispatch(self, claim: Claim, records: Mapping[int, EventRecord]) -> Dispatch:
        async def note_process(pid: int, started: str) -> None:
            await self.queue.note_process(claim.row, pid, started)

        return Dispatch(
            id=claim.id,
            project=self.project,
            route=claim.route,
            actor=claim.actor,
            events=tuple(_event(member, records) for member in _members(claim)),
            attempt=claim.attempt,
            config=orjson.loads(claim.config),
            prompt=claim.prompt,
            content=claim.content,
            is_batch=bool(claim.members),
            is_replay=claim.replay > 0,
            timeout_seconds=self._timeout_seconds(claim.route),
            note_process=note_process,
        )

    async def _prepared(self, actor: Any, dispatch: Dispatch, claim: Claim) -> Dispatch:
        """Fix what every attempt sends, before the first."""
        try:
            content = actor.prepare(dispatch)
        except PLUGIN_ERRORS as error:
            raise NeverDeliverable(f"its content cannot be made: {words_of(error)}") from error
        if content is None:
            return dispatch
        if not isinstance(content, bytes):
            raise NeverDeliverable(f"its content is not bytes but {type(content).__name__}")
        await self.queue.prepare(claim.row, content)
        return evolve(dispatch, content=content)


def seqs_of(claim: Claim) -> list[int]:
    """Return the places in the log of the events that a delivery carries."""
    return [member.event_seq for member in _members(claim)]


def _members(claim: Claim) -> Sequence[Member]:
    alone = Member(event_id=claim.event_id, event_seq=claim.event_seq, body=claim.body)
    return claim.members or (alone,)


def _event(member: Member, records: Mapping[int, EventRecord]) -> Event:
    record = records.get(member.event_seq)
    if record is None:
        raise NeverDeliverable("the event is no longer in the log")
    try:
        return record.accepted if member.body is None else Event.from_bytes(member.body)
    except DamagedEvent as error:
        raise NeverDeliverable(str(error)) from error


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
