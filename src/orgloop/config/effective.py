"""Say which delivery settings hold: a route's, else its actor's, else the default."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from attrs import evolve, frozen

from orgloop.config.delivery import (
    CircuitSettings,
    DeliverySettings,
    RetrySettings,
    effective,
    of_the_actor,
    overlaid,
)
from orgloop.config.model import ActorDefinition, ProjectDefinition
from orgloop.durations import Duration

DEFAULTS = DeliverySettings(
    concurrency=4,
    retry=RetrySettings(
        max_attempts=10,
        backoff="exponential",
        initial_delay=Duration(1_000),
        max_delay=Duration(60_000),
        jitter="full",
    ),
    circuit_breaker=CircuitSettings(failure_threshold=5, cooldown=Duration(30_000)),
)
"""Without ``timeout``: that depends on the actor's plugin."""


@frozen
class EffectiveSettings:
    """The delivery settings that hold in a project, by actor and by route; defaults filled in."""

    actors: Mapping[str, DeliverySettings]
    routes: Mapping[str, DeliverySettings]

    @property
    def queue_depths(self) -> Mapping[str, int]:
        """How many deliveries may wait, for the actors that have a bound."""
        return {
            actor: settings.queue_depth
            for actor, settings in self.actors.items()
            if settings.queue_depth is not None
        }


def effective_settings(project: ProjectDefinition) -> EffectiveSettings:
    """Return what holds for each actor and each route of a project.

    What belongs to an actor is the strictest that it or any of its routes asks for.
    """
    asked: defaultdict[str, list[DeliverySettings]] = defaultdict(list)
    for route in project.routes.values():
        asked[route.actor].append(route.delivery)
    actors = {one.id: _of_actor(one, asked[one.id]) for one in project.actors.values()}
    routes = {
        route.name: evolve(
            effective(route.delivery, actors[route.actor]),
            **of_the_actor([actors[route.actor]]),
        )
        for route in project.routes.values()
    }
    return EffectiveSettings(actors, routes)


def _of_actor(actor: ActorDefinition, routes: list[DeliverySettings]) -> DeliverySettings:
    own = evolve(actor.delivery, **of_the_actor([actor.delivery, *routes]))
    filled: DeliverySettings = overlaid(DEFAULTS, own)
    seconds = actor.registration.default_timeout_seconds
    return evolve(
        filled,
        timeout=own.timeout or Duration(round(seconds * 1000)),
        retry=overlaid(DEFAULTS.retry, own.retry),
        circuit_breaker=overlaid(DEFAULTS.circuit_breaker, own.circuit_breaker),
    )
