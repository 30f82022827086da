"""What waits for a route or an actor that the project no longer has goes out when it is back."""

from __future__ import annotations

from twisted.logger import LogEvent, formatEvent, globalLogPublisher

from orgloop.config.model import ActorDefinition, RouteDefinition, SourceDefinition
from orgloop.delivery import DeliveryResult, Dispatch
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
