"""Sources and actors come up in their own time; nobody else waits for long."""

from __future__ import annotations

from typing import Any

from attrs import define, evolve, field
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import LogEvent, formatEvent, globalLogPublisher
from zope.interface import implementer

from orgloop.interfaces import IActor
from orgloop.runtime.assembly import assemble
from orgloop.runtime.project import Project
from support.world import (
    Step,
    Worker,
    World,
    accept,
    actor,
    deliveries,
    done,
    project,
    route,
    source,
    states,
    transform,
)


@implementer(IActor)
@define(eq=False)
class SlowToStart(Worker):
    """An actor that has started when the test lets it."""

    starting: Deferred[None] = field(factory=Deferred)

    async def start(self) -> None:
        await self.starting


def begun(world: World, *parts: Any) -> tuple[Project, Deferred[None]]:
    running: Project = done(assemble(world.facilities, project(source(), *parts)))
    world.projects.append(running)
    return running, Deferred.fromCoroutine(running.start())


def test_an_actor_that_is_slow_to_start_holds_up_the_project_for_five_seconds_only(
    world: World,
) -> None:
    slow = SlowToStart()
    running, started = begun(world, actor(slow), route())
    world.clock.advance(4.9)
    assert not started.called
    world.clock.advance(0.1)
    assert done(started) is None
    accept(running, 1)
    assert states(running) == ["waiting"]
    slow.starting.callback(None)
    assert states(running) == ["delivered"]


def test_a_source_without_its_variable_is_told_of_once(world: World) -> None:
    said: list[LogEvent] = []
    globalLogPublisher.addObserver(said.append)
    world.start(project(evolve(source(), unavailable="TOKEN is not set")))
    globalLogPublisher.removeObserver(said.append)
    assert [formatEvent(event) for event in said] == ["source src is degraded: TOKEN is not set"]


def test_a_start_that_is_called_off_meanwhile_does_not_go_on(world: World) -> None:
    slow = SlowToStart()
    _, started = begun(world, actor(slow), route())
    seen: list[Any] = []
    started.addBoth(seen.append)
    started.cancel()
    assert seen[0].check(CancelledError)


def test_an_actor_that_takes_a_minute_to_start_is_degraded_and_says_so(world: World) -> None:
    running, started = begun(world, actor(SlowToStart()), route())
    for _ in range(60):
        world.clock.advance(1)
    assert done(started) is None
    assert running.actors["worker"].reason == "it did not start within 60 s"


def test_a_stop_before_an_actor_has_started_is_no_trouble_of_the_actor(world: World) -> None:
    running, _ = begun(world, actor(SlowToStart()), route())
    world.clock.advance(5)
    said: list[LogEvent] = []
    globalLogPublisher.addObserver(said.append)
    world.stop(running)
    globalLogPublisher.removeObserver(said.append)
    assert said == []


def test_a_transform_that_never_starts_is_an_error_of_each_event(world: World) -> None:
    class Endless(Step):
        async def start(self) -> None:
            await Deferred()

    endless = route("route", transform(Endless(), on_error="halt"))
    definition = project(source(), actor(Worker()), endless)
    assembled = Deferred.fromCoroutine(assemble(world.facilities, definition))
    world.clock.advance(60)
    running: Project = done(assembled)
    world.projects.append(running)
    done(running.start())
    accept(running, 1)
    assert "it did not start within 60 s" in str(deliveries(running)[0].error)
