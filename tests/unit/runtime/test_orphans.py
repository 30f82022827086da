"""What waits for a route or an actor that the project no longer has goes out when it is back."""

from __future__ import annotations

from twisted.logger import LogEvent, formatEvent, globalLogPublisher

from orgloop.config.model import (
    ActorDefinition,
    BatchSettings,
    RouteDefinition,
    SourceDefinition,
)
from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.durations import Duration
from support.world import Worker, World, accept, actor, project, route, source, states

Part = SourceDefinition | ActorDefinition | RouteDefinition


def left_in_flight(world: World, *parts: Part) -> None:
    """Leave one event behind on every route, its attempt cut short by a crash."""
    running = world.start(project(source(), *parts))
    accept(running, 1)
    world.crash(running)


def open_ended(dispatch: Dispatch) -> DeliveryResult | None:
    return None


def test_a_delivery_of_a_route_that_went_away_waits_until_it_is_back(world: World) -> None:
    away, back = Worker(open_ended), Worker()
    left_in_flight(world, actor(away), route("kept"), route("gone"))
    without = world.start(project(source(), actor(back), route("kept")))
    assert [one.route for one in back.attempts] == ["kept"]
    assert sorted(states(without)) == ["delivered", "waiting"]
    world.stop(without)
    again = world.start(project(source(), actor(back), route("kept"), route("gone")))
    assert [(one.route, one.attempt) for one in back.attempts] == [("kept", 1), ("gone", 1)]
    assert states(again) == ["delivered", "delivered"]


def test_a_delivery_of_an_actor_that_went_away_waits_until_it_is_back(world: World) -> None:
    kept, gone = Worker(), Worker(open_ended)
    left_in_flight(world, actor(kept), actor(gone, "other"), route(actor="other"))
    without = world.start(project(source(), actor(kept), route()))
    assert states(without) == ["waiting"]
    world.stop(without)
    back = Worker()
    world.start(project(source(), actor(back, "other"), route(actor="other")))
    assert back.seen() == [1]


def test_the_log_says_once_what_waits_for_what_is_not_there(world: World) -> None:
    left_in_flight(world, actor(Worker(open_ended)), route("kept"), route("gone"))
    said: list[LogEvent] = []
    globalLogPublisher.addObserver(said.append)
    world.start(project(source(), actor(Worker()), route("kept")))
    globalLogPublisher.removeObserver(said.append)
    assert [formatEvent(one) for one in said] == [
        "deliveries that wait for what the project no longer has: 1, of gone to worker"
    ]


def test_what_an_old_actor_of_a_route_has_not_taken_holds_back_nothing_for_the_new(
    world: World,
) -> None:
    old, new = Worker(open_ended), Worker()
    left_in_flight(world, actor(old, "old", concurrency=1), route(actor="old"))
    moved = world.start(project(source(), actor(new, "new", concurrency=1), route(actor="new")))
    accept(moved, 2)
    assert new.seen() == [2]
    assert states(moved) == ["waiting", "delivered"]


def test_a_group_is_of_one_actor(world: World) -> None:
    batch = {"batch": BatchSettings(max=2, every=Duration(60_000))}
    old, new = Worker(), Worker()
    running = world.start(project(source(), actor(old, "old", **batch), route(actor="old")))
    accept(running, 1)
    world.crash(running)
    moved = world.start(project(source(), actor(new, "new", **batch), route(actor="new")))
    accept(moved, 2, 3)
    assert [[one.payload["n"] for one in sent.events] for sent in new.attempts] == [[2, 3]]


def test_what_waits_for_the_actor_that_a_route_had_is_tried_again_when_it_is_due(
    world: World,
) -> None:
    answers = iter([DeliveryResult.error("not yet"), DeliveryResult.delivered()])
    old, new = Worker(lambda dispatch: next(answers)), Worker()
    left_in_flight(world, actor(Worker(open_ended), "old"), actor(new, "new"), route(actor="old"))
    moved = world.start(project(source(), actor(old, "old"), actor(new, "new"), route(actor="new")))
    world.clock.advance(60)
    assert states(moved) == ["delivered"]
