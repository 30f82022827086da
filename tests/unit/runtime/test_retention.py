"""What is older than retention goes, in small steps, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from orgloop.config.model import Defaults, ProjectDefinition
from orgloop.delivery import DeliveryResult, DeliveryState
from orgloop.durations import Duration
from orgloop.records import MemoryWrite, NewDelivery, RoutedBatch
from orgloop.runtime.project import Project as RunningProject
from support.world import Worker, World, accept, actor, deliveries, done, project, route, source

HOUR = 3600.0
DAY = 24 * HOUR


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def keeping(*parts: Any, days: int = 2) -> ProjectDefinition:
    """A project with a source and a route, that keeps its events for so many days."""
    made = project(source(), route(), *parts)
    return evolve(made, defaults=Defaults(event_retention=Duration(days * 86_400_000)))


def let_pass(world: World, seconds: float) -> None:
    """Let time pass in long strides, and then let pruning end what it has begun."""
    for _ in range(round(seconds / 900)):
        world.clock.advance(900)
    world.clock.pump([0.1] * 60)


def events(world: World, running: RunningProject) -> list[int]:
    """The sequence numbers of the events that the log still holds."""
    high = done(world.log.high())
    return sorted(done(world.log.get_many(running.name, list(range(1, high + 1)))))


def answering(result: DeliveryResult) -> Worker:
    return Worker(lambda dispatch: result)


def remember(running: RunningProject, *writes: MemoryWrite) -> None:
    """Keep what a transform remembers, with an event that it dropped."""
    row = NewDelivery(
        id="dlv_9x" + "0" * 32,
        event_id="evt_9",
        event_seq=9,
        route="route",
        actor="worker",
        state=DeliveryState.DROPPED,
        accepted_at=0,
        created_at=0,
    )
    done(running.queue.route(RoutedBatch(cursor=0, rows=[row], memory=writes)))


def test_settled_events_go_with_their_attempts_when_they_are_old(world: World) -> None:
    running = world.start(keeping(actor(Worker())))
    accept(running, 1, 2)
    let_pass(world, 1.5 * DAY)
    assert len(events(world, running)) == 2
    let_pass(world, 1 * DAY)
    assert events(world, running) == []
    assert deliveries(running) == []
    assert dict(running.queue.counts()) == {}


def test_what_is_pruned_is_many_steps_of_few(world: World) -> None:
    running = world.start(keeping(actor(Worker())))
    accept(running, *range(1000))
    let_pass(world, 2 * DAY + HOUR)
    assert deliveries(running) == []
    assert events(world, running) == []


def test_new_events_stay_when_old_ones_go(world: World) -> None:
    running = world.start(keeping(actor(Worker())))
    accept(running, 1)
    let_pass(world, 1.5 * DAY)
    accept(running, 2)
    let_pass(world, 1 * DAY)
    assert events(world, running) == [2]
    assert [one.event_seq for one in deliveries(running)] == [2]


def test_a_dead_letter_is_kept_for_as_long_from_when_it_died(world: World) -> None:
    worker = Worker(lambda dispatch: None)
    running = world.start(keeping(actor(worker, timeout=Duration(30 * 86_400_000))))
    [event] = accept(running, 1)
    let_pass(world, 1.5 * DAY)
    worker.open[event].callback(DeliveryResult.rejected("no"))
    let_pass(world, 1.5 * DAY)
    assert [one.state for one in deliveries(running)] == ["rejected"]
    assert events(world, running) == [1]
    let_pass(world, 1 * DAY)
    assert deliveries(running) == []
    assert events(world, running) == []


def test_what_is_in_flight_is_not_pruned_however_old(world: World) -> None:
    running = world.start(keeping(actor(Worker(lambda dispatch: None), timeout=Duration(10**10))))
    accept(running, 1)
    let_pass(world, 10 * DAY)
    assert [one.state for one in deliveries(running)] == ["delivering"]
    assert events(world, running) == [1]


def test_what_was_tried_for_too_long_becomes_a_dead_letter_and_is_kept_again(world: World) -> None:
    forever = actor(answering(DeliveryResult.error("busy", retry_after_seconds=3000)))
    running = world.start(keeping(forever))
    accept(running, 1)
    let_pass(world, 1.5 * DAY)
    assert [one.state for one in deliveries(running)] == ["waiting"]
    let_pass(world, 1 * DAY)
    [dead] = deliveries(running)
    assert dead.state == "dead"
    assert (dead.error or "").startswith("retention")
    assert "deliver.dead" in world.phases()
    let_pass(world, 1 * DAY)
    assert events(world, running) == [1]
    let_pass(world, 2 * DAY)
    assert events(world, running) == []


def test_what_was_not_tried_since_the_start_stays_however_old(world: World) -> None:
    busy = keeping(actor(answering(DeliveryResult.error("busy", retry_after_seconds=3000))))
    running = world.start(busy)
    accept(running, 1, 2, 3)
    world.stop(running)
    world.clock.advance(5 * DAY)
    away = evolve(
        busy, actors={"worker": evolve(busy.actors["worker"], unavailable="TOKEN is missing")}
    )
    running = world.start(away)
    let_pass(world, 5 * DAY)
    assert [one.state for one in deliveries(running)] == ["waiting"] * 3


@pytest.mark.parametrize("gone", ["route", "actor"])
def test_an_orphan_that_is_old_is_a_dead_letter(world: World, gone: str) -> None:
    busy = keeping(actor(answering(DeliveryResult.error("busy", retry_after_seconds=3000))))
    running = world.start(busy)
    accept(running, 1)
    world.stop(running)
    world.clock.advance(60)
    other = actor(Worker(), name="other")
    kept = {"route": route("another", actor="other"), "actor": route(actor="other")}[gone]
    later = evolve(busy, actors={"other": other}, routes={kept.name: kept})
    running = world.start(later)
    let_pass(world, 1.5 * DAY)
    assert [one.state for one in deliveries(running)] == ["waiting"]
    let_pass(world, 1 * DAY)
    assert [one.state for one in deliveries(running)] == ["dead"]


def test_nothing_goes_in_the_first_hour_after_a_start(world: World) -> None:
    definition = keeping(actor(Worker()))
    running = world.start(definition)
    accept(running, 1)
    world.stop(running)
    world.clock.advance(10 * DAY)
    running = world.start(definition)
    let_pass(world, 0.75 * HOUR)
    assert events(world, running) == [1]
    let_pass(world, 0.5 * HOUR)
    assert events(world, running) == []


@pytest.mark.parametrize("days", [10, -10])
def test_nothing_goes_in_the_hour_after_the_wall_clock_jumped(world: World, days: int) -> None:
    running = world.start(keeping(actor(Worker())))
    accept(running, 1)
    let_pass(world, 2 * HOUR)
    world.skew_ms += days * 86_400_000
    let_pass(world, 0.75 * HOUR)
    world.skew_ms += 20 * 86_400_000
    let_pass(world, 0.75 * HOUR)
    assert events(world, running) == [1]
    let_pass(world, 0.5 * HOUR)
    assert events(world, running) == []


def test_a_clock_that_is_set_and_set_right_again_prunes_nothing(world: World) -> None:
    running = world.start(keeping(actor(Worker())))
    accept(running, 1)
    let_pass(world, 2 * HOUR)
    world.skew_ms += 100 * 86_400_000
    let_pass(world, 0.75 * HOUR)
    world.skew_ms -= 100 * 86_400_000
    let_pass(world, 3 * HOUR)
    assert events(world, running) == [1]


def test_a_clock_that_drifts_a_little_does_not_stop_pruning(world: World) -> None:
    running = world.start(keeping(actor(Worker())))
    accept(running, 1)
    for _ in range(60):
        world.skew_ms += 500
        let_pass(world, HOUR)
    assert events(world, running) == []


def test_an_event_that_one_route_still_holds_stays_in_the_log(world: World) -> None:
    slow = actor(Worker(lambda dispatch: None), name="slow", timeout=Duration(10**10))
    running = world.start(keeping(actor(Worker()), slow, route("second", actor="slow")))
    accept(running, 1)
    let_pass(world, 3 * DAY)
    assert [(one.route, one.state) for one in deliveries(running)] == [("second", "delivering")]
    assert events(world, running) == [1]


def test_unmatched_events_go_too(world: World) -> None:
    running = world.start(keeping(actor(Worker()), route(filter={"payload.n": "never"})))
    accept(running, 1)
    assert [one.state for one in deliveries(running)] == ["unmatched"]
    let_pass(world, 3 * DAY)
    assert deliveries(running) == []
    assert events(world, running) == []


def test_what_transforms_remember_goes_long_after_it_expired(world: World) -> None:
    running = world.start(keeping(actor(Worker())))
    expired, lasting = (
        MemoryWrite(scope=scope, key="k", value="v", expires_at=world.now_ms() + life)
        for scope, life in (("0:gone", 1000), ("0:route", 20 * 86_400_000))
    )
    remember(running, expired, lasting)
    let_pass(world, 3 * DAY)
    found = done(running.queue.recall([("0:gone", "k"), ("0:route", "k")]))
    assert found == {("0:route", "k"): "v"}


def until_pruning(world: World, running: RunningProject) -> int:
    """Let time pass until something is pruned; return how many rows are left of a thousand."""
    for _ in range(300):
        world.clock.advance(900)
        left = len(deliveries(running))
        if left < 1000:
            break
    assert 0 < left < 1000
    return left


def test_a_stop_while_pruning_ends_it_at_its_step(world: World) -> None:
    running = world.start(keeping(actor(Worker())))
    accept(running, *range(1000))
    until_pruning(world, running)
    world.stop(running)
    assert not world.clock.getDelayedCalls()


def test_a_jump_while_pruning_ends_it_at_its_step(world: World) -> None:
    running = world.start(keeping(actor(Worker())))
    accept(running, *range(1000))
    left = until_pruning(world, running)
    world.skew_ms += 86_400_000
    let_pass(world, 0.75 * HOUR)
    assert len(deliveries(running)) == left
    let_pass(world, 1 * HOUR)
    assert len(deliveries(running)) == 0
