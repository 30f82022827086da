"""Rates, bounds and floods, on real storage."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define, evolve, field
from twisted.internet.defer import Deferred

from orgloop.config.model import DeliverySettings, RetrySettings
from orgloop.delivery import DeliveryResult
from orgloop.errors import Overloaded
from orgloop.event import EventDraft
from orgloop.flow.intake_bound import IntakeBound
from support.world import (
    Worker,
    World,
    accept,
    actor,
    deliveries,
    done,
    draft,
    project,
    route,
    source,
    states,
)

ONCE = RetrySettings(max_attempts=1)


def arrivals(world: World, worker: Worker, seconds: int) -> list[int]:
    """Return how many attempts were made by the end of each second."""
    made = []
    for _ in range(seconds):
        world.clock.pump([0.125] * 8)
        made.append(len(worker.attempts))
    return made


def test_an_actor_with_a_rate_is_not_hurried(world: World) -> None:
    worker = Worker()
    running = world.start(project(source(), actor(worker, max_rate=2.0), route()))
    accept(running, *range(10))
    assert worker.seen() == [0]
    assert arrivals(world, worker, 5) == [2, 4, 6, 8, 10]
    assert states(running) == ["delivered"] * 10


def test_retries_count_as_attempts(world: World) -> None:
    worker = Worker(lambda dispatch: DeliveryResult.error("no"))
    retry = RetrySettings(max_attempts=100, backoff="fixed", jitter="none")
    running = world.start(
        project(source(), actor(worker, max_rate=0.5, retry=retry, concurrency=9), route())
    )
    accept(running, 1, 2, 3)
    assert arrivals(world, worker, 6) == [1, 1, 2, 2, 3, 3]


def test_a_route_with_a_rate_of_its_own_neither_waits_for_the_actors_nor_uses_it_up(
    world: World,
) -> None:
    worker = Worker()
    own = DeliverySettings(max_rate=10.0)
    running = world.start(
        project(
            source(),
            source("quick"),
            actor(worker, max_rate=0.1),
            route(),
            route("quick", source="quick", delivery=own),
        )
    )
    accept(running, 1, 2)
    done(running.accept("quick", [draft(n) for n in range(100, 110)]))
    world.clock.pump([0.05] * 30)
    assert worker.seen() == [1, *range(100, 110)]
    world.clock.advance(9)
    assert worker.seen()[-1] == 2


def test_rows_of_a_route_that_had_a_rate_go_out_when_it_has_none(world: World) -> None:
    worker = Worker()
    own = DeliverySettings(max_rate=0.001)
    parts = [source(), actor(worker)]
    running = world.start(project(*parts, route(delivery=own)))
    accept(running, 1, 2, 3)
    assert worker.seen() == [1]
    world.stop(running)
    running = world.start(project(*parts, route()))
    assert worker.seen() == [1, 2, 3]
    assert states(running) == ["delivered"] * 3


def test_beyond_the_depth_of_its_queue_the_oldest_die_and_are_told_of(world: World) -> None:
    worker = Worker(lambda dispatch: None)
    running = world.start(project(source(), actor(worker, concurrency=1, queue_depth=2), route()))
    accept(running, 1)
    accept(running, 2, 3, 4, 5)
    assert states(running) == ["delivering", "dead", "dead", "waiting", "waiting"]
    assert deliveries(running)[1].error == "overflow: more than 2 deliveries wait for worker"
    told = [one for one in world.told if one.phase in ("deliver.dead", "pipeline.backpressure")]
    assert [(one.phase, one.target, one.queue_depth) for one in told] == [
        ("deliver.dead", "worker", None),
        ("deliver.dead", "worker", None),
        ("pipeline.backpressure", "worker", 2),
    ]
    assert world.facilities.metrics.deliveries["route", "worker", "dead"] == 2


@define
class SlowLog:
    """The event log of a world, on a disk that takes its time when told so."""

    log: Any
    is_slow: bool = False
    pending: list[Deferred[Any]] = field(factory=list)

    def append(self, events: Any) -> Deferred[Any]:
        appended: Deferred[Any] = self.log.append(events)
        if not self.is_slow:
            return appended
        later: Deferred[Any] = Deferred()
        self.pending.append(later)
        return later.addCallback(lambda _: appended)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.log, name)


def test_a_flood_is_refused_and_what_deliveries_give_rise_to_is_not(world: World) -> None:
    log = SlowLog(world.log)
    world.facilities = evolve(world.facilities, log=log, intake_bound=IntakeBound(3, 10**6))
    worker = Worker(lambda dispatch: None)
    running = world.start(project(source(), actor(worker), route()))
    [event_id] = accept(running, 1)
    log.is_slow = True
    first = Deferred.fromCoroutine(running.accept("src", [draft(n) for n in (2, 3, 4)]))
    with pytest.raises(Overloaded):
        done(running.accept("src", [draft(5)]))
    effect = EventDraft("actor.stopped", {"platform": "test"}, {"n": 6})
    worker.open[event_id].callback(DeliveryResult.delivered(effect))
    assert len(log.pending) == 2
    for pending in log.pending:
        pending.callback(None)
    log.is_slow = False
    assert done(first).created == 3
    assert done(running.accept("src", [draft(5)])).created == 1


def test_another_project_of_the_runtime_feels_the_flood(world: World) -> None:
    log = SlowLog(world.log, is_slow=True)
    world.facilities = evolve(world.facilities, log=log, intake_bound=IntakeBound(3, 10**6))
    one, two = (
        world.start(project(source(), actor(Worker()), route(), name=name)) for name in "ab"
    )
    first = Deferred.fromCoroutine(one.accept("src", [draft(n) for n in range(3)]))
    with pytest.raises(Overloaded):
        done(two.accept("src", [draft(1)]))
    log.pending[0].callback(None)
    log.is_slow = False
    assert done(first).created == 3
