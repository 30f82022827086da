"""Events collect in a session's inbox; the session is told once, and fetches them."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve
from twisted.internet.defer import Deferred

from orgloop.config.model import InboxSettings, ProjectDefinition
from orgloop.delivery import DeliveryResult, DeliveryState
from orgloop.durations import Duration
from orgloop.event import EventDraft
from orgloop.flow.desk import Handout
from orgloop.records import Inbox
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

MINUTE = 60.0


def collecting(worker: Worker, *steps: Any, ttl: int = 3_600_000, **more: Any) -> ProjectDefinition:
    config = {"inbox": True, "session_key": "pr:{{payload.pr}}", "mode": "now"}
    inbox = InboxSettings(
        inbox=True,
        session_key=config["session_key"],
        inbox_ttl=Duration(ttl),
        inbox_max_batch=more.pop("most", 50),
    )
    return project(
        source(), actor(worker), route("collect", *steps, config=config, inbox=inbox, **more)
    )


def inbox(running: Project, key: str = "pr:7") -> Inbox | None:
    return done(running.queue.inbox(key))


def drain(running: Project, key: str = "pr:7", limit: int | None = None) -> Handout:
    handout: Handout = done(running.desk.drain(key, limit))
    return handout


def numbers(handout: Handout) -> list[Any]:
    return [(event.payload or {})["n"] for event in handout.events]


def test_a_session_gets_one_notification_instead_of_each_event(world: World) -> None:
    worker = Worker()
    running = world.start(collecting(worker))
    accept(running, 1, 2, pr=7)
    accept(running, 3, pr=7)

    [dispatch] = worker.attempts
    event = dispatch.event
    assert (event.type, event.source) == ("message.received", "orgloop")
    assert event.provenance["platform"] == "orgloop"
    assert event.provenance["platform_event"] == "inbox.notification"
    payload = event.payload or {}
    assert payload["kind"] == "inbox.notification"
    assert payload["pending_count"] == 2
    assert payload["session_key"] == "pr:7"
    assert payload["oldest_event_at"] == "2026-01-01T00:00:00.000Z"
    assert payload["drain_command"] == "orgloop inbox drain --key pr:7 --format json"
    assert payload["instructions"]
    assert dispatch.config == {"inbox": True, "session_key": "pr:7", "mode": "now"}
    assert states(running)[:2] == ["inbox", "inbox"]
    assert "inbox.notify" in world.phases()


def test_each_session_has_its_own_inbox_and_notification(world: World) -> None:
    worker = Worker()
    running = world.start(collecting(worker))
    accept(running, 1, pr=7)
    accept(running, 2, pr=8)
    keys = [(one.event.payload or {})["session_key"] for one in worker.attempts]
    assert keys == ["pr:7", "pr:8"]
    assert numbers(drain(running, "pr:8")) == [2]


def test_a_command_in_a_notification_is_quoted(world: World) -> None:
    worker = Worker()
    running = world.start(collecting(worker))
    accept(running, 1, pr="7; rm -rf /")
    [dispatch] = worker.attempts
    assert "--key 'pr:7; rm -rf /' --format" in (dispatch.event.payload or {})["drain_command"]


def test_a_notification_goes_past_filter_and_transforms(world: World) -> None:
    worker = Worker()
    seen: list[str] = []
    step = Step(lambda event, context: seen.append(event.id) or event)
    running = world.start(collecting(worker, transform(step), filter={"payload.pr": 7}))
    [first] = accept(running, 1, pr=7)
    assert len(worker.attempts) == 1
    assert seen == [first]


def test_a_notification_is_sent_although_the_loop_guard_would_cut_it(world: World) -> None:
    worker = Worker()
    definition = collecting(worker)
    running = world.start(definition)
    [parent] = accept(running, 1, pr=7)
    drain(running)
    done(running.desk.acknowledge("pr:7", None))
    depth = definition.defaults.loop.max_depth
    record = done(world.log.get("org", parent))
    record.depth = depth - 2
    stop = EventDraft("actor.stopped", {"platform": "test"}, {"n": 2, "pr": 7})
    [effect] = done(running.intake.accept_effects("src", [stop], record)).event_ids
    assert done(world.log.get("org", effect)).depth == depth - 1
    assert len(worker.attempts) == 2
    assert worker.attempts[-1].event.source == "orgloop"


# --- draining


def test_a_batch_is_handed_out_in_order_and_settled_by_the_next_drain(world: World) -> None:
    running = world.start(collecting(Worker()))
    accept(running, 1, 2, 3, pr=7)
    first = drain(running, limit=2)
    assert (numbers(first), first.remaining, first.settled) == ([1, 2], 1, 0)
    second = drain(running)
    assert (numbers(second), second.remaining, second.settled) == ([3], 0, 2)
    third = drain(running)
    assert (third.events, third.lease, third.settled) == ([], None, 1)
    assert states(running)[:3] == ["delivered"] * 3
    assert world.phases().count("audit.record") == 4  # with the notification


def test_no_more_is_handed_out_than_the_route_allows(world: World) -> None:
    running = world.start(collecting(Worker(), most=2))
    accept(running, 1, 2, 3, pr=7)
    assert numbers(drain(running)) == [1, 2]
    assert numbers(drain(running, limit=10)) == [3]


def test_what_is_handed_out_is_what_the_transforms_left(world: World) -> None:
    step = Step(lambda event, context: evolve(event, payload={**event.payload, "n": 9}))
    running = world.start(collecting(Worker(), transform(step)))
    accept(running, 1, pr=7)
    assert numbers(drain(running)) == [9]


def test_an_acknowledged_batch_is_delivered(world: World) -> None:
    running = world.start(collecting(Worker()))
    accept(running, 1, 2, pr=7)
    handout = drain(running)
    assert done(running.desk.acknowledge("pr:7", "another lease")) == 0
    assert done(running.desk.acknowledge("pr:7", handout.lease)) == 2
    assert states(running)[:2] == ["delivered", "delivered"]


def test_a_new_notification_is_sent_when_the_inbox_was_drained_since(world: World) -> None:
    worker = Worker()
    running = world.start(collecting(worker))
    accept(running, 1, pr=7)
    drain(running)
    accept(running, 2, pr=7)
    accept(running, 3, pr=7)
    assert len(worker.attempts) == 2
    assert (worker.attempts[-1].event.payload or {})["pending_count"] == 1
    assert numbers(drain(running)) == [2, 3]


def test_what_a_drain_left_over_is_told_of_when_the_drain_is_acknowledged(world: World) -> None:
    worker = Worker()
    running = world.start(collecting(worker))
    accept(running, 1, 2, pr=7)
    drain(running, limit=1)
    assert len(worker.attempts) == 1, "the session was told what remains, and drains again"
    assert done(running.desk.acknowledge("pr:7", None)) == 1
    assert len(worker.attempts) == 2
    assert numbers(drain(running)) == [2]


def test_a_lease_that_ends_puts_the_batch_back_and_notifies_again(world: World) -> None:
    worker = Worker()
    running = world.start(collecting(worker))
    accept(running, 1, pr=7)
    drain(running)
    world.clock.advance(10 * MINUTE - 1)
    assert len(worker.attempts) == 1
    world.clock.advance(1)
    assert len(worker.attempts) == 2
    found = inbox(running)
    assert found is not None
    assert (found.pending, found.leased) == (1, 0)
    assert numbers(drain(running)) == [1]


@pytest.mark.parametrize("is_drained", [False, True])
def test_when_a_lease_ended_is_told_by_the_wall_clock(world: World, is_drained: bool) -> None:
    running = world.start(collecting(Worker()))
    accept(running, 1, pr=7)
    drain(running)
    world.skew_ms = -86_400_000
    if is_drained:  # before anybody has noticed that the lease has ended
        running.loop.deadlines.silence()
    world.clock.advance(10 * MINUTE)
    if is_drained:
        drain(running)
    [history] = done(running.queue.histories([deliveries(running)[0].id])).values()
    assert history["attempts"][0]["ended_at"] == world.now_ms()


def test_a_lease_outlives_a_crash_and_ends_in_time(world: World) -> None:
    worker = Worker()
    definition = collecting(worker)
    running = world.start(definition)
    accept(running, 1, pr=7)
    drain(running)
    world.crash(running)
    world.clock.advance(11 * MINUTE)
    running = world.start(definition)
    assert len(worker.attempts) == 2
    assert numbers(drain(running)) == [1]


# --- what nobody reads


def test_past_its_time_an_event_is_dead_and_says_why(world: World) -> None:
    running = world.start(collecting(Worker(), ttl=5_000))
    accept(running, 1, pr=7)
    world.clock.advance(4)
    assert states(running)[0] == "inbox"
    world.clock.advance(1)
    dead = deliveries(running)[0]
    assert dead.state == "dead"
    assert "inbox_ttl" in (dead.error or "")
    assert "deliver.dead" in world.phases()
    assert drain(running).events == []


def test_a_dead_event_of_an_inbox_can_be_tried_again(world: World) -> None:
    worker = Worker()
    running = world.start(collecting(worker, ttl=5_000))
    accept(running, 1, pr=7)
    world.clock.advance(5)
    [again] = done(running.desk.retry([deliveries(running)[0].id]))
    assert again.state is DeliveryState.INBOX
    assert len(worker.attempts) == 2, "the inbox was empty: the session is told"
    world.clock.advance(4)
    assert numbers(drain(running)) == [1]


# --- notifications


def test_a_notification_that_fails_is_retried_like_any_delivery(world: World) -> None:
    answers = [DeliveryResult.error("away"), DeliveryResult.delivered()]
    worker = Worker(answer=lambda dispatch: answers.pop(0))
    running = world.start(collecting(worker))
    accept(running, 1, pr=7)
    world.clock.pump([1, 1])
    assert [one.attempt for one in worker.attempts] == [1, 2]
    assert len({one.id for one in worker.attempts}) == 1
    assert deliveries(running)[-1].state == "delivered"


def test_a_crash_before_the_notification_was_noted_sends_no_second_one(world: World) -> None:
    worker = Worker()
    definition = collecting(worker)
    running = world.start(definition)
    running.queue.note_notified = lambda *arguments: Deferred()
    accept(running, 1, pr=7)
    assert len(worker.attempts) == 1
    world.crash(running)
    running = world.start(definition)
    assert len(worker.attempts) == 1
    assert (found := inbox(running)) is not None
    assert found.is_notified


def test_a_crash_before_the_notification_was_kept_sends_one(world: World) -> None:
    worker = Worker()
    definition = collecting(worker)
    running = world.start(definition)
    running.loop.notices.rounds.is_over = True
    accept(running, 1, pr=7)
    assert worker.attempts == []
    world.crash(running)
    world.start(definition)
    assert len(worker.attempts) == 1
