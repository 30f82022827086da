"""Put the way to each actor of a project together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import define

from orgloop.config.effective import EffectiveSettings
from orgloop.config.model import ActorDefinition, DeliverySettings, ProjectDefinition
from orgloop.delivery import DeliveryState
from orgloop.flow.attempt import Attempts
from orgloop.flow.books import Books
from orgloop.flow.circuit import Circuit
from orgloop.flow.errand import Errand
from orgloop.flow.lane import Lane
from orgloop.flow.outcomes import Outcomes
from orgloop.flow.persistence import Persistence
from orgloop.flow.queue_time import QueueTime
from orgloop.flow.rates import Rates
from orgloop.flow.route import Route
from orgloop.flow.standing import Standing
from orgloop.flow.tell import Tell
from orgloop.interfaces import IActor, IDeliveryQueue
from orgloop.plugin import Kind
from orgloop.records import Claim, EventRecord
from orgloop.runtime.actor import RunningActor
from orgloop.runtime.build import maker
from orgloop.runtime.facilities import Facilities
from orgloop.runtime.startup import Startup

_START = "start"


@define(eq=False, kw_only=True)
class Lanes:
    """Make actors as they run, each with its lane."""

    facilities: Facilities
    project: ProjectDefinition
    settings: EffectiveSettings
    queue: IDeliveryQueue
    queue_time: QueueTime
    routes: Mapping[str, Route]
    books: Books
    tell: Tell
    degraded: Mapping[str, str]
    """The actors whose circuit was open when an earlier run ended, and why."""

    def actor(self, definition: ActorDefinition) -> RunningActor:
        """Return an actor that is not started yet."""
        standing = Standing(definition.id, self.tell)
        lane = self._lane(definition, standing)

        def started(actor: IActor) -> None:
            standing.is_back(_START)
            lane.open(actor)

        startup = Startup(
            name=f"actor {definition.id}",
            make=maker(self.facilities, self.project, Kind.ACTOR, definition),
            clock=self.facilities.clock,
            on_started=started,
            on_degraded=lambda reason: standing.is_away(_START, reason),
            reason=definition.unavailable or "starting",
            hidden=self.project.hidden,
        )
        return RunningActor(definition=definition, startup=startup, lane=lane, circuit=lane.circuit)

    def _lane(self, definition: ActorDefinition, standing: Standing) -> Lane:
        shared, settings = self.facilities, self.settings.actors[definition.id]
        outcomes = self._outcomes(definition.id, settings, standing)
        return Lane(
            project=self.project.name,
            actor_id=definition.id,
            concurrency=settings.concurrency or 1,
            log=shared.log,
            queue=self.queue,
            circuit=outcomes.circuit,
            rates=self._rates(definition),
            outcomes=outcomes,
            errand=self._errands(definition),
            waiting=self._waiting(definition.id),
            clock=shared.clock,
            queue_time=self.queue_time,
        )

    def _outcomes(self, actor: str, settings: DeliverySettings, standing: Standing) -> Outcomes:
        breaker = settings.circuit_breaker
        assert breaker.failure_threshold is not None
        assert breaker.cooldown is not None
        outcomes = Outcomes(
            project=self.project.name,
            actor_id=actor,
            log=self.facilities.log,
            queue=self.queue,
            books=self.books,
            circuit=Circuit(
                breaker.failure_threshold, breaker.cooldown.seconds, self.facilities.clock
            ),
            standing=standing,
            persistence=Persistence(actor, self.facilities.clock),
            queue_time=self.queue_time,
        )
        if actor in self.degraded:
            outcomes.begin_open(self.degraded[actor])
        return outcomes

    def _rates(self, definition: ActorDefinition) -> Rates:
        own = {
            route.name: rate
            for route in self.routes.values()
            if route.actor == definition.id
            and (rate := route.definition.delivery.max_rate) is not None
        }
        return Rates.of(definition.delivery.max_rate, own, self.facilities.clock)

    def _errands(
        self, definition: ActorDefinition
    ) -> Callable[[Claim, Mapping[int, EventRecord]], Errand]:
        attempts = Attempts(
            project=self.project.name,
            queue=self.queue,
            routes=self.routes,
            clock=self.facilities.clock,
            default_timeout_seconds=definition.registration.default_timeout_seconds,
        )

        def errand(claim: Claim, records: Mapping[int, EventRecord]) -> Errand:
            return Errand(
                claim=claim,
                records=records,
                attempts=attempts,
                books=self.books,
                started_at=self.facilities.now_ms(),
                hidden=self.project.hidden,
            )

        return errand

    def _waiting(self, actor: str) -> Callable[[], bool]:
        """Return what says, from memory, whether anything waits for an actor.

        Also of routes that lead to another one by now, or are gone: their rows may wait again.
        """
        now = {route.name for route in self.routes.values() if route.actor == actor}
        before = {route for of, route, _ in self.queue.counts() if of == actor}
        keys = [(actor, route, DeliveryState.WAITING) for route in now | before]

        def waiting() -> bool:
            counts = self.queue.counts()
            return any(key in counts for key in keys)

        return waiting
