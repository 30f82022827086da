"""Routing, transforms, deadlines and inboxes wait for a disk that refuses, and say things once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from twisted.internet.defer import fail

from orgloop.config.model import DeliverySettings, InboxSettings, ProjectDefinition
from orgloop.delivery import DeliveryResult
from orgloop.durations import Duration
from orgloop.errors import StorageUnavailable
from orgloop.event import EventDraft
from orgloop.records import EventQuery
from orgloop.runtime.project import Project
from support.world import (
    SlowStep,
    Step,
    Worker,
    World,
    accept,
    actor,
    done,
    project,
    route,
    source,
    states,
    transform,
)


def refuse(running: Project, name: str, times: int = 2) -> None:
    """Let a call of the queue fail a few times, as it does while the disk is full."""
    asked = getattr(running.queue, name)
    left = [times]

    def refusing(*arguments: Any, **more: Any) -> Any:
        if not left[0]:
            return asked(*arguments, **more)
        left[0] -= 1
        return fail(StorageUnavailable("the disk is full"))

    setattr(running.queue, name, refusing)


def work(worker: Worker, *steps: Any, **settings: Any) -> ProjectDefinition:
    delivery = DeliverySettings(**settings)
    return project(source(), actor(worker), route("r", *steps, delivery=delivery))


def told(world: World) -> Counter[str]:
    return Counter(world.phases())


@pytest.mark.parametrize("steps", [[], [Step()]])
def test_what_is_routed_is_told_and_counted_once_however_often_the_disk_refuses(
    world: World, steps: list[Any]
) -> None:
    worker = Worker()
    running = world.start(work(worker, *map(transform, steps)))
    refuse(running, "route")
    accept(running, 1)
    assert worker.attempts == []
    world.clock.pump([1, 1])
    assert worker.seen() == [1]
    phases = told(world)
    assert (phases["route.match"], phases["deliver.queued"]) == (1, 1)
    assert phases["transform.pass"] == len(steps)
    assert running.routes["r"].fire_count == 1


def test_a_verdict_that_cannot_be_kept_is_told_and_counted_once(world: World) -> None:
    worker, step = Worker(), SlowStep()
    running = world.start(work(worker, transform(step, "slow")))
    refuse(running, "transformed")
    accept(running, 1)
    step.let_go()
    assert states(running) == ["matched"]
    world.clock.pump([1, 1])
    assert worker.seen() == [1]
    assert (told(world)["transform.pass"], told(world)["deliver.queued"]) == (1, 1)
    assert world.facilities.metrics.transforms["slow", "pass"] == 1
    assert step.waiting == [], "the transform was not asked twice"


def test_a_verdict_that_cannot_be_kept_until_a_stop_is_found_again_after_the_next_start(
    world: World,
) -> None:
    worker, step = Worker(), SlowStep()
    definition = work(worker, transform(step))
    running = world.start(definition)
    refuse(running, "transformed", 99)
    accept(running, 1)
    step.let_go(lambda event: None)
    world.stop(running)
    running = world.start(definition)
    step.let_go(lambda event: None)
    assert states(running) == ["dropped"]


@pytest.mark.parametrize("name", ["overdue", "stop_seen", "next_deadline"])
def test_a_lost_session_is_reported_once_when_the_disk_is_back(world: World, name: str) -> None:
    worker = Worker(answer=lambda _: DeliveryResult.accepted("sess"))
    running = world.start(work(worker, expect_stop=Duration(60_000)))
    accept(running, 1)
    refuse(running, name, 3)
    world.clock.pump([60, *[1] * 5])
    found = done(world.log.query(EventQuery(project="org", types=["actor.stopped"])))
    assert len(found) == 1
    assert done(running.queue.next_deadline()) is None


@pytest.mark.parametrize("name", ["inboxes", "note_notified"])
def test_a_session_is_told_once_when_the_disk_is_back(world: World, name: str) -> None:
    worker = Worker()
    inbox = InboxSettings(inbox=True, session_key="k")
    config = {"inbox": True, "session_key": "k"}
    running = world.start(project(source(), actor(worker), route("r", config=config, inbox=inbox)))
    refuse(running, name, 3)
    accept(running, 1)
    world.clock.pump([1] * 5)
    assert len(worker.attempts) == 1
    assert told(world)["inbox.notify"] == 1


def test_a_tie_is_made_when_the_disk_is_back(world: World) -> None:
    worker = Worker(answer=lambda _: None)
    running = world.start(work(worker))
    [first] = accept(running, 1)
    stop = EventDraft("actor.stopped", {"platform": "t", "tracking_id": "sess"})
    [stopped] = done(running.accept("src", [stop])).event_ids
    refuse(running, "get", 2)
    worker.open[first].callback(DeliveryResult.accepted("sess"))
    assert done(world.log.get("org", stopped)).parent is None
    world.clock.pump([1, 1])
    assert done(world.log.get("org", stopped)).parent == first
