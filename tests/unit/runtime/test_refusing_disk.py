"""What attempts led to while the disk refuses is kept first, or the attempt is made again."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define, evolve
from twisted.internet.defer import Deferred, fail

from orgloop.delivery import DeliveryResult
from orgloop.errors import StorageUnavailable
from orgloop.event import EventDraft
from orgloop.runtime.project import Project
from support.world import Worker, World, accept, actor, deliveries, done, project, route, source

EFFECT = EventDraft("actor.stopped", {"platform": "test"}, {"n": 2})


@define
class RefusingLog:
    """The event log of a world, on a disk that takes nothing while told so."""

    log: Any
    is_full: bool = False

    def append(self, events: Any) -> Deferred[Any]:
        if self.is_full:
            return fail(StorageUnavailable("the disk is full"))
        appended: Deferred[Any] = self.log.append(events)
        return appended

    def __getattr__(self, name: str) -> Any:
        return getattr(self.log, name)


def on_full_disk(world: World) -> tuple[Project, RefusingLog, Worker]:
    """Return a project whose one attempt was answered with an effect that cannot be kept."""
    worker, log = Worker(lambda dispatch: None), RefusingLog(world.log)
    world.facilities = evolve(world.facilities, log=log)
    running = world.start(project(source(), actor(worker), route()))
    [event_id] = accept(running, 1)
    log.is_full = True
    worker.open[event_id].callback(DeliveryResult.delivered(EFFECT))
    return running, log, worker


def test_nothing_is_settled_before_what_it_gave_rise_to_is_kept(world: World) -> None:
    running, log, worker = on_full_disk(world)
    world.clock.pump([1] * 5)
    assert [one.state for one in deliveries(running)] == ["delivering"]
    log.is_full = False
    world.clock.advance(1)
    assert sorted(one.state for one in deliveries(running)) == ["delivered", "unmatched"]
    assert len(worker.attempts) == 1


def test_a_stop_waits_for_the_disk_as_long_as_for_an_actor(world: World) -> None:
    running, log, _ = on_full_disk(world)
    drained = Deferred.fromCoroutine(running.drain())
    world.clock.pump([1] * 5)
    assert not drained.called
    log.is_full = False
    world.clock.advance(1)
    assert drained.called
    assert deliveries(running)[0].state == "delivered"


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_stop_that_cannot_keep_an_effect_has_the_attempt_made_again(
    world: World, seconds: int
) -> None:
    running, log, worker = on_full_disk(world)
    world.projects.remove(running)
    done(running.stop_intake())
    drained = Deferred.fromCoroutine(running.drain())
    running.interrupt()
    world.clock.pump([seconds, 1])
    assert drained.called
    done(running.close())
    log.is_full = False
    again = Worker(lambda dispatch: DeliveryResult.delivered(EFFECT))
    running = world.start(project(source(), actor(again), route()))
    assert [one.id for one in again.attempts] == [one.id for one in worker.attempts]
    assert again.attempts[0].attempt == 1
    assert sorted(one.state for one in deliveries(running)) == ["delivered", "unmatched"]
