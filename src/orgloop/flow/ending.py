"""End an event's passage through a route: what is kept of it, and who is told."""

from __future__ import annotations

from typing import Protocol

import orjson
from attrs import define, frozen

from orgloop.delivery import Delivery, DeliveryState, Prompt
from orgloop.errors import InvalidEvent
from orgloop.flow.counting import Counting
from orgloop.flow.pipeline import Passage
from orgloop.flow.tell import Tell
from orgloop.records import EventRecord, Ready, Step

_GUARD = "guard"


@frozen
class Ending:
    """What becomes of one matched row."""

    state: DeliveryState
    ready: Ready | None = None
    error: str | None = None


class LastWord(Protocol):
    """Who is told how a delivery ended for good; see `orgloop.flow.audit.Audit`."""

    def record(self, delivery: Delivery, record: EventRecord | None) -> None: ...


@define(eq=False)
class Endings:
    """Decide how passages end, and tell of it."""

    tell: Tell
    counting: Counting
    audit: LastWord

    def of(self, passage: Passage, prompt: Prompt | None, now: int) -> Ending:
        """Return a passage's ending; for one that passes, with what each attempt will send.

        ``now`` is queue time. What the route's guard finds joins the passage's steps.
        """
        ending = self._ending(passage, prompt, now)
        match ending.state:
            case DeliveryState.WAITING:
                self._tell(passage, "deliver.queued")
            case DeliveryState.INBOX:
                self._tell(passage, "deliver.queued", result="inbox")
            case DeliveryState.HELD:
                self._tell(passage, "audit.held", ending.error)
                self._tell(passage, "deliver.held", ending.error)
            case _:
                self._settled(passage, ending)
        return ending

    def _ending(self, passage: Passage, prompt: Prompt | None, now: int) -> Ending:
        if not passage.passes:
            return Ending(passage.state, error=passage.error)
        route = passage.route
        if passage.is_notification:
            ready = route.notification(passage.record, prompt, now)
            return Ending(DeliveryState.WAITING, ready)
        try:
            ready = route.ready(
                passage.record, passage.event, prompt, now, is_again=passage.is_again
            )
        except (InvalidEvent, orjson.JSONEncodeError) as error:
            return Ending(DeliveryState.DEAD, error=f"what its transforms made of it: {error}")
        if held := self._suspect(passage, ready):
            return Ending(DeliveryState.HELD, ready, held)
        is_collected = ready.session_key is not None
        return Ending(DeliveryState.INBOX if is_collected else DeliveryState.WAITING, ready)

    def _suspect(self, passage: Passage, ready: Ready) -> str | None:
        """Note what the guard finds; return why the delivery is held, if it is."""
        guard = passage.route.definition.guard
        found = "; ".join(passage.route.suspicions(passage.event, ready))
        if guard is None or not found:
            return None
        passage.steps.append(
            Step(transform=_GUARD, verdict=guard.action, duration_ms=0.0, detail=found)
        )
        if guard.action == "hold":
            return found
        self._tell(passage, "audit.flag", found)
        return None

    def _settled(self, passage: Passage, ending: Ending) -> None:
        route, record = passage.route, passage.record
        self.counting.delivery(route.name, route.actor, ending.state)
        if ending.state is DeliveryState.DEAD:
            self._tell(passage, "deliver.dead", ending.error)
        if self.tell.is_heard:
            now = self.tell.now_ms()
            self.audit.record(
                Delivery(
                    id=passage.delivery_id,
                    event_id=record.id,
                    event_seq=record.seq,
                    project=self.tell.project,
                    route=route.name,
                    actor=route.actor,
                    state=ending.state,
                    attempts=0,
                    accepted_at=record.accepted_at,
                    created_at=now,
                    settled_at=now,
                    error=ending.error,
                ),
                record,
            )

    def _tell(
        self, passage: Passage, phase: str, error: str | None = None, result: str | None = None
    ) -> None:
        route = passage.route
        self.tell(
            phase,
            passage.record,
            route=route.name,
            target=route.actor,
            error=error,
            result=result,
        )
