"""An event that cannot be read any more stops nothing, and nobody passes it over in silence."""

from __future__ import annotations

import sqlite3

from twisted.logger import globalLogPublisher

from orgloop.config.model import InboxSettings
from support.world import (
    SlowStep,
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


def damage(world: World, event_id: str) -> None:
    """Change an event's bytes behind the log's back."""
    connection = sqlite3.connect(world.home.event_log)
    with connection:
        changed = connection.execute(
            "UPDATE events SET body = CAST(replace(body, '\"n\":', '\"x\":') AS BLOB) "
            "WHERE seq = (SELECT seq FROM ids WHERE id = ?)",
            (event_id,),
        )
        assert changed.rowcount == 1
    connection.close()


def test_a_damaged_event_gets_a_dead_row_and_routing_goes_on(world: World) -> None:
    worker = Worker()
    definition = project(source(), actor(worker), route())
    running = world.start(definition)
    running.router.rounds.is_over = True
    [first, second] = accept(running, 1, 2)
    world.crash(running)
    damage(world, first)
    said = []
    globalLogPublisher.addObserver(said.append)
    running = world.start(definition)
    globalLogPublisher.removeObserver(said.append)
    assert worker.seen() == [2]
    [dead, delivered] = deliveries(running)
    assert (dead.event_id, dead.route, dead.state) == (first, None, "dead")
    assert "damaged" in (dead.error or "")
    assert (delivered.event_id, delivered.state) == (second, "delivered")
    assert [one["log_level"].name for one in said if first in str(one.get("error"))] == ["error"]
    assert done(running.desk.retry([dead.id])) == [], "there is no route that it could go along"
    assert done(running.desk.replay(done(world.log.get("org", first)))) == []


def test_an_event_that_is_damaged_before_its_transforms_is_dead(world: World) -> None:
    worker, step = Worker(), SlowStep()
    definition = project(source(), actor(worker), route("r", transform(step)))
    running = world.start(definition)
    [first, _] = accept(running, 1, 2)
    world.crash(running)
    damage(world, first)
    step.waiting.clear()
    running = world.start(definition)
    step.let_go()
    assert states(running) == ["dead", "delivered"]
    assert "damaged" in (deliveries(running)[0].error or "")


def test_a_damaged_event_of_an_inbox_is_handed_out_as_one_that_cannot_be_read(
    world: World,
) -> None:
    config = {"inbox": True, "session_key": "k"}
    inbox = InboxSettings(inbox=True, session_key="k")
    definition = project(source(), actor(Worker()), route(config=config, inbox=inbox))
    running = world.start(definition)
    [first, second] = accept(running, 1, 2)
    world.crash(running)
    damage(world, first)
    running = world.start(definition)
    handout = done(running.desk.drain("k", None))
    assert [one.id for one in handout.events] == [first, second]
    assert (handout.events[0].payload or {})["kind"] == "event.damaged"
