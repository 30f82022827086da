"""Queue time is kept, and goes on after a restart whatever the wall clock shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orgloop.delivery import DeliveryResult
from orgloop.records import NotedTime
from orgloop.runtime.project import Project
from support.world import Worker, World, accept, actor, done, project, route, source, states

DAY_MS = 86_400_000


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def noted_time(running: Project) -> int:
    """The queue time that a crash now would leave."""
    noted: NotedTime = done(running.queue.latest())
    return noted.queue_ms


def test_time_is_kept_at_the_start_each_minute_and_at_the_end(world: World) -> None:
    definition = project(source(), actor(Worker()), route())
    running = world.start(definition)
    began = noted_time(running)
    assert began == running.queue_time()
    world.clock.pump([5.0] * 13)
    noted = noted_time(running)
    assert began + 60_000 <= noted <= began + 65_000
    world.stop(running)
    running = world.start(definition)
    assert noted_time(running) == began + 65_000


def test_time_is_kept_at_once_when_the_wall_clock_jumps(world: World) -> None:
    running = world.start(project(source(), actor(Worker()), route()))
    began = noted_time(running)
    world.clock.advance(30)
    world.skew_ms -= DAY_MS
    world.clock.advance(5)
    assert noted_time(running) == began + 35_000


@pytest.mark.parametrize("crashes", [False, True])
def test_a_retry_falls_due_after_a_restart_although_the_clock_was_set_back(
    world: World, *, crashes: bool
) -> None:
    answers = [DeliveryResult.error("busy", retry_after_seconds=600), DeliveryResult.delivered()]
    worker = Worker(lambda dispatch: answers.pop(0))
    definition = project(source(), actor(worker), route())
    world.skew_ms += 10 * DAY_MS
    running = world.start(definition)
    accept(running, 1)
    assert states(running) == ["waiting"]
    (world.crash if crashes else world.stop)(running)
    world.skew_ms -= 10 * DAY_MS
    running = world.start(definition)
    world.clock.advance(599)
    assert states(running) == ["waiting"]
    world.clock.advance(60)
    assert states(running) == ["delivered"]


@pytest.mark.parametrize("crashes", [False, True])
def test_a_retry_is_not_hurried_by_a_restart_after_the_clock_was_set_forth(
    world: World, *, crashes: bool
) -> None:
    answers = [DeliveryResult.error("busy", retry_after_seconds=600), DeliveryResult.delivered()]
    definition = project(source(), actor(Worker(lambda dispatch: answers.pop(0))), route())
    running = world.start(definition)
    accept(running, 1)
    world.skew_ms += 10 * DAY_MS
    world.clock.advance(10)
    (world.crash if crashes else world.stop)(running)
    world.clock.advance(90)
    running = world.start(definition)
    world.clock.advance(499)
    assert states(running) == ["waiting"]
    world.clock.advance(2)
    assert states(running) == ["delivered"]


@pytest.mark.parametrize("days", [10, -10])
def test_a_jump_while_it_runs_neither_hurries_nor_stalls_a_retry(world: World, days: int) -> None:
    answers = [DeliveryResult.error("busy", retry_after_seconds=600), DeliveryResult.delivered()]
    running = world.start(
        project(source(), actor(Worker(lambda dispatch: answers.pop(0))), route())
    )
    accept(running, 1)
    world.skew_ms += days * DAY_MS
    world.clock.pump([60.0] * 9)
    assert states(running) == ["waiting"]
    world.clock.pump([60.0] * 2)
    assert states(running) == ["delivered"]
