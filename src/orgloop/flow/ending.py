"""End an event's passage through a route: what is kept of it, and who is told."""

from __future__ import annotations

import orjson
from attrs import define, frozen

from orgloop.delivery import DeliveryState, Prompt
from orgloop.errors import InvalidEvent
from orgloop.flow.counting import Counting
from orgloop.flow.pipeline import Passage
from orgloop.flow.tell import Tell
from orgloop.records import Ready


@frozen
class Ending:
    """What becomes of one matched row."""

    state: DeliveryState
    ready: Ready | None = None
    error: str | None = None


@define(eq=False)
class Endings:
    """Decide how passages end."""

    tell: Tell
    counting: Counting

    def of(self, passage: Passage, prompt: Prompt | None, now: int) -> Ending:
        """Return a passage's ending; for one that passes, with what each attempt will send.

        ``now`` is queue time.
        """
        ending = self._ending(passage, prompt, now)
        if ending.state is DeliveryState.WAITING:
            self._tell(passage, "deliver.queued")
        else:
            route = passage.route
            self.counting.delivery(route.name, route.actor, ending.state)
            if ending.state is DeliveryState.DEAD:
                self._tell(passage, "deliver.dead", ending.error)
        return ending

    def _ending(self, passage: Passage, prompt: Prompt | None, now: int) -> Ending:
        if not passage.passes:
            return Ending(passage.state, error=passage.error)
        try:
            ready = passage.route.ready(passage.record, passage.event, prompt, now)
        except (InvalidEvent, orjson.JSONEncodeError) as error:
            return Ending(DeliveryState.DEAD, error=f"what its transforms made of it: {error}")
        return Ending(DeliveryState.WAITING, ready)

    def _tell(self, passage: Passage, phase: str, error: str | None = None) -> None:
        route = passage.route
        self.tell(phase, passage.record, route=route.name, target=route.actor, error=error)
