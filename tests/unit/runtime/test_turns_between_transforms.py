"""Transforms that answer at once come in groups; the reactor does not wait for all of them."""

from __future__ import annotations

from orgloop.event import Event
from orgloop.reports import TransformContext
from support.world import Step, Worker, World, accept, actor, project, route, source, transform


def test_after_a_slow_transform_the_reactor_has_a_turn(world: World) -> None:
    seen: list[int] = []

    def slow(event: Event, context: TransformContext) -> Event:
        world.clock.rightNow += 0.05
        seen.append((event.payload or {})["n"])
        return event

    worker = Worker()
    running = world.start(project(source(), actor(worker), route("r", transform(Step(slow)))))

    accept(running, 1, 2, 3)

    assert seen == [1]
    world.clock.advance(0)
    assert seen == [1, 2, 3]
    assert worker.seen() == [1, 2, 3]
