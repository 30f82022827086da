"""A plugin that tries to end the process has failed, as with any other error; all else goes on."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from orgloop.config.model import RetrySettings
from orgloop.delivery import Dispatch
from orgloop.event import Event
from orgloop.reports import TransformContext
from support.world import (
    Step,
    Worker,
    World,
    accept,
    actor,
    deliveries,
    project,
    route,
    source,
    states,
    transform,
)


def leave(*arguments: Any) -> NoReturn:
    sys.exit("cannot go on")


def test_an_actor_that_exits_has_failed(world: World) -> None:
    def answer(dispatch: Dispatch) -> NoReturn:
        leave()

    once = RetrySettings(max_attempts=1)
    running = world.start(project(source(), actor(Worker(answer), retry=once), route()))
    accept(running, 1)
    accept(running, 2)
    assert states(running) == ["dead", "dead"]
    assert deliveries(running)[0].error == "SystemExit: cannot go on"


def test_a_transform_that_exits_has_failed(world: World) -> None:
    def change(event: Event, context: TransformContext) -> NoReturn:
        leave()

    worker = Worker()
    halting = route("halting", transform(Step(change), on_error="halt"))
    running = world.start(project(source(), actor(worker), halting, route("plain")))
    accept(running, 1)
    accept(running, 2)
    assert sorted(states(running)) == ["dead", "dead", "delivered", "delivered"]
    assert worker.seen() == [1, 2]


def test_a_transform_that_exits_when_it_starts_fails_each_event(world: World) -> None:
    class Exiting(Step):
        async def start(self) -> None:
            leave()

    halting = route("route", transform(Exiting(), on_error="halt"))
    running = world.start(project(source(), actor(Worker()), halting))
    accept(running, 1)
    assert states(running) == ["dead"]


def test_an_actor_that_exits_when_it_starts_is_degraded(world: World) -> None:
    class Exiting(Worker):
        async def start(self) -> None:
            leave()

    running = world.start(project(source(), actor(Exiting()), route()))
    assert running.actors["worker"].status == "degraded"
    assert running.actors["worker"].reason == "cannot go on"
