"""A source says which of its events wait until it is quiet, and the last one goes out."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from orgloop.config.model import (
    BatchSettings,
    DebounceSettings,
    DeliverySettings,
    InboxSettings,
    ProjectDefinition,
)
from orgloop.delivery import DeliveryResult
from orgloop.durations import Duration
from orgloop.event import Event
from orgloop.reports import Debounced
from support.world import (
    Silent,
    SlowStep,
    Worker,
    World,
    accept,
    actor,
    deliveries,
    done,
    project,
    registration,
    route,
    source,
    states,
    transform,
)

QUIET_MS, MAX_MS = 30_000, 100_000


def ask(config: object, event: Event) -> Debounced | None:
    """Let the events of a comment wait, by comment; refuse to answer for a broken one."""
    comment = (event.payload or {}).get("comment")
    if comment == "broken":
        raise RuntimeError("cannot tell")
    if comment is None:
        return None
    return Debounced(key=str(comment), quiet_ms=QUIET_MS, max_ms=MAX_MS)


def debouncing(
    worker: Worker, *steps: Any, unavailable: str | None = None, **settings: Any
) -> ProjectDefinition:
    made = evolve(registration("source", Silent()), debounce=ask)
    talkative = evolve(source(), registration=made, unavailable=unavailable)
    more = {"inbox": settings.pop("inbox")} if "inbox" in settings else {}
    config = {"session_key": "s"} if more else {}
    delivery = DeliverySettings(**settings)
    return project(
        talkative,
        actor(worker, **settings.pop("of_actor", {})),
        route("r", *steps, delivery=delivery, config=config, **more),
    )


def test_the_last_edit_goes_out_once_it_is_quiet(world: World) -> None:
    worker = Worker()
    running = world.start(debouncing(worker))
    accept(running, 1, comment="a")
    world.clock.advance(29)
    accept(running, 2, comment="a")
    world.clock.advance(29)
    assert worker.seen() == []
    world.clock.advance(1)
    assert worker.seen() == [2]
    assert states(running) == ["merged", "delivered"]
    assert world.phases().count("deliver.merged") == 1


def test_other_events_of_the_source_go_out_at_once(world: World) -> None:
    worker = Worker()
    running = world.start(debouncing(worker))
    accept(running, 1, comment="a")
    accept(running, 2)
    assert worker.seen() == [2]
    world.clock.advance(30)
    assert worker.seen() == [2, 1]


def test_each_comment_waits_for_itself(world: World) -> None:
    worker = Worker()
    running = world.start(debouncing(worker))
    accept(running, 1, comment="a")
    world.clock.advance(20)
    accept(running, 2, comment="b")
    world.clock.advance(10)
    assert worker.seen() == [1]
    world.clock.advance(20)
    assert worker.seen() == [1, 2]


def test_a_comment_that_is_edited_without_end_goes_out_all_the_same(world: World) -> None:
    worker = Worker()
    running = world.start(debouncing(worker))
    for number in range(11):
        accept(running, number, comment="a")
        world.clock.advance(10)
    assert worker.seen() == [9]


def test_what_waits_outlives_a_crash(world: World) -> None:
    worker = Worker()
    definition = debouncing(worker)
    running = world.start(definition)
    accept(running, 1, comment="a")
    world.clock.advance(20)
    world.crash(running)
    running = world.start(definition)
    accept(running, 2, comment="a")
    world.clock.advance(29)
    assert worker.seen() == []
    world.clock.advance(1)
    assert worker.seen() == [2]


def test_what_a_killed_run_had_not_routed_waits_all_the_same(world: World) -> None:
    worker = Worker()
    definition = debouncing(worker)
    running = world.start(definition)
    running.router.rounds.is_over = True
    accept(running, 1, comment="a")
    world.crash(running)
    running = world.start(definition)
    assert worker.seen() == []
    world.clock.advance(30)
    assert worker.seen() == [1]


def test_a_route_that_debounces_itself_is_left_to_itself(world: World) -> None:
    worker = Worker()
    own = DebounceSettings(quiet=Duration(5_000))
    running = world.start(debouncing(worker, debounce=own))
    accept(running, 1, comment="a")
    accept(running, 2)
    world.clock.advance(5)
    assert worker.seen() == [2]


def test_a_route_that_batches_is_left_to_itself(world: World) -> None:
    worker = Worker()
    batch = BatchSettings(max=2, every=Duration(60_000))
    running = world.start(debouncing(worker, batch=batch))
    accept(running, 1, comment="a")
    accept(running, 2, comment="a")
    assert [len(one.events) for one in worker.attempts] == [2]


def test_an_inbox_takes_it_in_at_once(world: World) -> None:
    running = world.start(debouncing(Worker(), inbox=InboxSettings(inbox=True, session_key="s")))
    accept(running, 1, comment="a")
    assert states(running)[0] == "inbox"


def test_an_actor_that_does_one_thing_at_a_time_is_not_held_up(world: World) -> None:
    worker = Worker()
    running = world.start(debouncing(worker, concurrency=1))
    accept(running, 1, comment="a")
    accept(running, 2, 3)
    assert worker.seen() == [2, 3]
    world.clock.advance(30)
    assert worker.seen() == [2, 3, 1]


def test_what_the_project_orders_waits_behind_it(world: World) -> None:
    worker = Worker()
    running = world.start(debouncing(worker, order_by="{{payload.pr}}"))
    accept(running, 1, comment="a", pr=7)
    accept(running, 2, pr=7)
    accept(running, 3, pr=8)
    assert worker.seen() == [3]
    world.clock.advance(30)
    assert worker.seen() == [3, 1, 2]


def test_the_last_edit_stands_although_transforms_wait(world: World) -> None:
    worker, slow = Worker(), SlowStep()
    running = world.start(debouncing(worker, transform(slow)))
    accept(running, 1, comment="a")
    accept(running, 2, comment="a")
    assert len(slow.waiting) == 1  # one after another: the order of edits matters
    slow.let_go()
    slow.let_go()
    world.clock.advance(30)
    assert worker.seen() == [2]


def test_a_replay_waits_for_nothing(world: World) -> None:
    worker = Worker()
    running = world.start(debouncing(worker))
    [first] = accept(running, 1, comment="a")
    world.clock.advance(30)
    accept(running, 2, comment="a")
    done(running.desk.replay(done(world.log.get("org", first))))
    assert worker.seen() == [1, 1]
    world.clock.advance(30)
    assert worker.seen() == [1, 1, 2]


def test_a_source_that_cannot_tell_holds_nothing_up(world: World) -> None:
    worker = Worker()
    running = world.start(debouncing(worker))
    accept(running, 1, comment="broken")
    assert worker.seen() == [1]


def test_a_source_without_its_configuration_is_not_asked(world: World) -> None:
    worker = Worker()
    running = world.start(debouncing(worker, unavailable="TOKEN is missing"))
    accept(running, 1, comment="broken")
    assert worker.seen() == [1]


def test_an_attempt_that_failed_is_tried_again_as_it_was(world: World) -> None:
    answers = [DeliveryResult.error("busy"), DeliveryResult.delivered()]
    worker = Worker(answer=lambda _: answers.pop(0))
    running = world.start(debouncing(worker))
    accept(running, 1, comment="a")
    world.clock.advance(30)
    accept(running, 2, comment="a")
    world.clock.advance(5)
    assert worker.seen() == [1, 1]
    assert [str(one.state) for one in deliveries(running)] == ["delivered", "waiting"]
