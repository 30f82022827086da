"""Stops are tied to what they end, in whichever order; a session that says nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from orgloop.config.model import DeliverySettings, ProjectDefinition
from orgloop.delivery import DeliveryResult
from orgloop.durations import Duration
from orgloop.event import Cause, EventDraft
from orgloop.records import EventQuery, EventRecord
from orgloop.runtime.project import Project
from orgloop.testing.lifecycle import assert_lifecycle
from support.world import Worker, World, accept, actor, done, project, route, source

HOUR = 3600.0


def takes_on(dispatch: Any) -> DeliveryResult:
    return DeliveryResult.accepted("sess-1")


def expecting(worker: Worker, *parts: Any, route_name: str = "work") -> ProjectDefinition:
    settings = DeliverySettings(expect_stop=Duration(7_200_000))
    hook = source("hook")
    return project(source(), hook, actor(worker), route(route_name, delivery=settings), *parts)


def stop(tracking_id: str | None = "sess-1", key: str = "stop", **more: Any) -> EventDraft:
    provenance = {"platform": "claude-code", **more}
    if tracking_id is not None:
        provenance["tracking_id"] = tracking_id
    return EventDraft("actor.stopped", provenance, {"lifecycle": {}}, key=key)


def report(running: Project, draft: EventDraft, cause: Cause | None = None) -> str:
    [event_id] = done(running.accept("hook", [draft], cause=cause)).event_ids
    return str(event_id)


def record(world: World, event_id: str) -> EventRecord:
    found: EventRecord = done(world.log.get("org", event_id))
    return found


def lost(world: World) -> list[EventRecord]:
    found = done(world.log.query(EventQuery(project="org", types=["actor.stopped"])))
    return [one for one in found if one.source == "worker"]


# --- ties


def test_a_stop_that_comes_after_its_delivery_joins_its_trace(world: World) -> None:
    running = world.start(expecting(Worker(answer=takes_on)))
    [first] = accept(running, 1)
    tied = record(world, report(running, stop()))
    parent = record(world, first)
    assert (tied.parent, tied.trace_id, tied.depth) == (first, parent.trace_id, 2)
    assert tied.event.trace_id == parent.trace_id


def test_a_stop_that_comes_before_its_delivery_is_settled_joins_its_trace(world: World) -> None:
    worker = Worker(answer=lambda dispatch: None)
    running = world.start(expecting(worker))
    [first] = accept(running, 1)
    stopped = report(running, stop())
    assert record(world, stopped).parent is None
    worker.open[first].callback(DeliveryResult.accepted("sess-1"))
    assert (record(world, stopped).parent, record(world, stopped).depth) == (first, 2)
    world.clock.advance(3 * HOUR)
    assert lost(world) == []


@pytest.mark.parametrize("stop_is_first", [True, False])
def test_a_tie_that_a_crash_kept_from_being_made_is_made_after_the_start(
    world: World, stop_is_first: bool
) -> None:
    worker = Worker(answer=lambda dispatch: None)
    definition = expecting(worker)
    running = world.start(definition)
    running.loop.ties.rounds.is_over = True
    [first] = accept(running, 1)
    if stop_is_first:
        stopped = report(running, stop())
        worker.open[first].callback(DeliveryResult.accepted("sess-1"))
    else:
        running.queue.expecting = no_delivery
        worker.open[first].callback(DeliveryResult.accepted("sess-1"))
        stopped = report(running, stop())
    assert record(world, stopped).parent is None
    world.crash(running)
    running = world.start(definition)
    assert record(world, stopped).parent == first
    world.clock.advance(3 * HOUR)
    assert lost(world) == []


async def no_delivery(*arguments: Any) -> list[Any]:
    return []


def test_a_stop_without_a_delivery_is_the_root_of_its_own_trace(world: World) -> None:
    running = world.start(expecting(Worker()))
    [first] = accept(running, 1)
    assert record(world, report(running, stop("sess-9"))).parent is None
    assert first


def test_a_cause_goes_before_a_tracking_id(world: World) -> None:
    running = world.start(expecting(Worker(answer=takes_on)))
    accept(running, 1)
    [second] = accept(running, 2)
    [other] = done(
        running.accept("hook", [EventDraft("message.received", {"platform": "t"})])
    ).event_ids
    cause = Cause(record(world, other).trace_id, other)
    assert record(world, report(running, stop(), cause)).parent == other
    assert second


def test_a_cause_is_known_by_the_trace_it_had_before_it_was_tied(world: World) -> None:
    worker = Worker(answer=lambda dispatch: None)
    running = world.start(expecting(worker))
    [first] = accept(running, 1)
    stopped = report(running, stop())
    before = Cause(record(world, stopped).trace_id, stopped)
    worker.open[first].callback(DeliveryResult.accepted("sess-1"))
    after = report(running, stop(None, "after"), before)
    assert (record(world, after).parent, record(world, after).depth) == (stopped, 3)
    assert record(world, after).trace_id == record(world, first).trace_id


# --- lost sessions


def test_a_session_without_a_stop_is_lost_once(world: World) -> None:
    running = world.start(expecting(Worker(answer=takes_on)))
    [first] = accept(running, 1)
    world.clock.advance(2 * HOUR - 1)
    assert lost(world) == []
    world.clock.advance(1)
    [gone] = lost(world)
    assert (gone.parent, gone.depth, gone.trace_id) == (first, 2, record(world, first).trace_id)
    event = gone.event
    assert_lifecycle(event)
    assert event.provenance["tracking_id"] == "sess-1"
    lifecycle = (event.payload or {})["lifecycle"]
    assert (lifecycle["phase"], lifecycle["outcome"], lifecycle["reason"]) == (
        "stopped",
        "unknown",
        "lost",
    )
    world.clock.advance(10 * HOUR)
    assert len(lost(world)) == 1


def test_a_route_can_listen_for_lost_sessions(world: World) -> None:
    rescuer = Worker()
    running = world.start(
        expecting(
            Worker(answer=takes_on),
            actor(rescuer, "rescuer"),
            route(
                "rescue",
                source="worker",
                actor="rescuer",
                filter={"payload.lifecycle.reason": "lost"},
            ),
        )
    )
    accept(running, 1)
    world.clock.advance(2 * HOUR)
    assert len(rescuer.attempts) == 1


@pytest.mark.parametrize("tracking_id", ["sess-1", None])
def test_a_stop_in_time_keeps_a_session_from_being_lost(
    world: World, tracking_id: str | None
) -> None:
    running = world.start(expecting(Worker(answer=takes_on)))
    [first] = accept(running, 1)
    world.clock.advance(HOUR)
    cause = None if tracking_id else Cause(record(world, first).trace_id, first)
    report(running, stop(tracking_id), cause)
    assert done(running.queue.next_deadline()) is None
    world.clock.advance(2 * HOUR)
    assert lost(world) == []


def test_a_stop_by_its_cause_during_the_attempt_is_seen(world: World) -> None:
    worker = Worker(answer=lambda dispatch: None)
    running = world.start(expecting(worker))
    [first] = accept(running, 1)
    report(running, stop(None), Cause(record(world, first).trace_id, first))
    worker.open[first].callback(DeliveryResult.delivered())
    world.clock.advance(3 * HOUR)
    assert lost(world) == []


def test_the_stop_of_another_session_keeps_none_from_being_lost(world: World) -> None:
    running = world.start(expecting(Worker(answer=takes_on)))
    [first] = accept(running, 1)
    report(running, stop("sess-2"), Cause(record(world, first).trace_id, first))
    world.clock.advance(2 * HOUR)
    assert len(lost(world)) == 1


def test_an_earlier_stop_of_a_session_does_not_end_a_later_delivery(world: World) -> None:
    running = world.start(expecting(Worker(answer=takes_on)))
    accept(running, 1)
    report(running, stop(key="first turn"))
    world.clock.advance(HOUR)
    [second] = accept(running, 2)
    world.clock.advance(2 * HOUR)
    assert [gone.parent for gone in lost(world)] == [second]


def test_the_stop_of_a_delivery_does_not_end_its_replay(world: World) -> None:
    running = world.start(expecting(Worker()))
    [first] = accept(running, 1)
    report(running, stop(None), Cause(record(world, first).trace_id, first))
    world.clock.advance(HOUR)
    done(running.desk.replay(record(world, first)))
    world.clock.advance(2 * HOUR)
    assert [one.parent for one in lost(world)] == [first]


def test_two_sessions_of_one_event_are_lost_each_for_itself(world: World) -> None:
    settings = DeliverySettings(expect_stop=Duration(7_200_000))
    running = world.start(expecting(Worker(), route("more", delivery=settings)))
    accept(running, 1)
    world.clock.advance(2 * HOUR)
    assert len({one.event.provenance["delivery_id"] for one in lost(world)}) == 2


def test_an_attempt_that_reports_its_own_stop_expects_none(world: World) -> None:
    effect = EventDraft("actor.stopped", {"platform": "t"}, {"lifecycle": {}})
    running = world.start(expecting(Worker(answer=lambda _: DeliveryResult.delivered(effect))))
    accept(running, 1)
    assert done(running.queue.next_deadline()) is None


@pytest.mark.parametrize("outcome", ["rejected", "skipped"])
def test_what_an_actor_did_not_take_on_is_never_lost(world: World, outcome: str) -> None:
    answer = getattr(DeliveryResult, outcome)("no")
    running = world.start(expecting(Worker(answer=lambda _: answer)))
    accept(running, 1)
    world.clock.advance(3 * HOUR)
    assert lost(world) == []


def test_a_deadline_outlives_a_crash_and_a_jump_of_the_clock(world: World) -> None:
    definition = expecting(Worker(answer=takes_on))
    running = world.start(definition)
    accept(running, 1)
    world.skew_ms = 5 * 3_600_000
    world.clock.advance(HOUR)
    assert lost(world) == []
    world.crash(running)
    world.skew_ms = 0
    world.start(definition)
    world.clock.advance(HOUR)
    assert len(lost(world)) == 1


def test_a_crash_between_the_lost_event_and_its_note_adds_no_second_one(world: World) -> None:
    definition = expecting(Worker(answer=takes_on))
    running = world.start(definition)
    accept(running, 1)
    running.queue.stop_seen = lambda ids: Deferred()
    world.clock.advance(2 * HOUR)
    assert len(lost(world)) == 1
    world.crash(running)
    running = world.start(definition)
    assert len(lost(world)) == 1
    assert done(running.queue.next_deadline()) is None


def test_a_stop_that_is_tied_between_two_attempts_is_sent_again_as_it_was(world: World) -> None:
    agent = Worker(answer=lambda dispatch: None)
    answers = [DeliveryResult.error("busy"), DeliveryResult.delivered()]
    desk = Worker(answer=lambda dispatch: answers.pop(0))
    running = world.start(
        expecting(agent, actor(desk, "desk"), route("stops", source="hook", actor="desk"))
    )
    [first] = accept(running, 1)
    stopped = report(running, stop())
    agent.open[first].callback(DeliveryResult.accepted("sess-1"))
    assert record(world, stopped).parent == first
    world.clock.advance(60)
    before, after = desk.attempts
    assert before.document() == after.document()


def test_a_lost_session_is_reported_during_a_flood_although_its_event_is_gone(world: World) -> None:
    running = world.start(expecting(Worker(answer=takes_on)))
    [first] = accept(running, 1)
    done(world.log.forget("org", [record(world, first).seq]))
    with running.intake.bound.room_for(10_000, 0):
        world.clock.advance(2 * HOUR)
    [gone] = lost(world)
    assert (gone.parent, gone.depth) == (None, 1)
