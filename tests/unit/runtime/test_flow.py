"""The life of an event: accepted, matched, transformed, delivered, settled; on real storage."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred

from orgloop.config.model import RetrySettings
from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.errors import Dropped, InvalidEvent, NotReady
from orgloop.event import Cause, Event, EventDraft
from support.world import (
    RememberingStep,
    SlowStep,
    Step,
    Worker,
    World,
    accept,
    actor,
    deliveries,
    done,
    draft,
    project,
    route,
    source,
    states,
    transform,
)


def fails(dispatch: Dispatch) -> DeliveryResult:
    return DeliveryResult.error("the agent is away")


def open_ended(dispatch: Dispatch) -> None:
    return None


FIXED = RetrySettings(backoff="fixed", jitter="none")


# --- intake


def test_an_event_reaches_its_actor_and_is_settled(world: World) -> None:
    worker = Worker()
    running = world.start(project(source(), actor(worker), route()))
    [event_id] = accept(running, 1)
    assert [one.event.id for one in worker.attempts] == [event_id]
    assert states(running) == ["delivered"]
    assert [one.attempts for one in deliveries(running)] == [1]


def test_the_same_thing_reported_again_is_one_event(world: World) -> None:
    worker = Worker()
    running = world.start(project(source(), actor(worker), route()))
    first = accept(running, 1)
    again = done(running.accept("src", [draft(1)]))
    assert again.event_ids == first
    assert again.duplicate
    assert len(worker.attempts) == 1


def test_an_event_carries_origin_and_trace(world: World) -> None:
    worker = Worker()
    running = world.start(project(source(), actor(worker), route()))
    accept(running, 1)
    event = worker.attempts[0].event
    assert event.origin is not None
    assert (event.origin.runtime, event.origin.project) == ("rt_test", "org")
    assert event.trace_id is not None
    assert event.trace_id.startswith("trc_")


def test_an_event_without_a_route_is_kept_as_unmatched(world: World) -> None:
    running = world.start(project(source(), actor(Worker()), route(filter={"payload.n": 2})))
    accept(running, 1)
    assert states(running) == ["unmatched"]
    assert "route.no_match" in world.phases()


@pytest.mark.parametrize(
    "bad",
    [
        EventDraft("surprise", {"platform": "x"}),
        EventDraft("resource.changed", {}),
        EventDraft("resource.changed", {"platform": 3}),
        EventDraft("resource.changed", {"platform": "x"}, ["no object"]),
        EventDraft("resource.changed", {"platform": "x"}, id="evt_with-dash"),
        EventDraft("resource.changed", {"platform": "x"}, timestamp="yesterday"),
        EventDraft("resource.changed", {"platform": "x"}, {"x": object()}),
    ],
)
def test_what_is_no_event_is_refused_whole(world: World, bad: EventDraft) -> None:
    running = world.start(project(source(), actor(Worker()), route()))
    with pytest.raises(InvalidEvent):
        done(running.accept("src", [draft(1), bad]))
    assert done(world.log.high()) == 0


def test_nothing_is_taken_in_while_draining(world: World) -> None:
    running = world.start(project(source(), actor(Worker()), route()))
    done(running.stop_intake())
    with pytest.raises(NotReady):
        done(running.accept("src", [draft(1)]))


def test_a_chain_of_causes_keeps_its_trace_and_is_cut_when_it_is_too_long(world: World) -> None:
    running = world.start(project(source(), actor(Worker()), route()))
    [event_id] = accept(running, 1)
    for n in range(2, 7):
        before = done(world.log.get("org", event_id))
        cause = Cause(before.trace_id, before.id)
        [event_id] = done(running.accept("src", [draft(n)], cause=cause)).event_ids
    last = done(world.log.get("org", event_id))
    assert last.depth == 6
    assert last.trace_id == before.trace_id
    assert last.parent == before.id
    assert states(running) == ["delivered"] * 4 + ["cut"] * 2
    assert world.phases().count("loop.detected") == 1
    assert world.phases().count("loop.circuit_broken") == 2
    assert world.facilities.metrics.cut["src"] == 2


def test_an_unknown_cause_is_ignored(world: World) -> None:
    running = world.start(project(source(), actor(Worker()), route()))
    cause = Cause("trc_nobody", "evt_nobody")
    [event_id] = done(running.accept("src", [draft(1)], cause=cause)).event_ids
    assert done(world.log.get("org", event_id)).depth == 1


# --- fan-out and order


def test_one_event_goes_along_every_route_that_wants_it(world: World) -> None:
    one, two = Worker(), Worker()
    running = world.start(
        project(
            source(),
            actor(one, "one"),
            actor(two, "two"),
            route("a", actor="one"),
            route("b", actor="two"),
            route("c", actor="two"),
        )
    )
    accept(running, 1)
    assert [d.route for d in one.attempts] == ["a"]
    assert [d.route for d in two.attempts] == ["b", "c"]
    assert len({d.id for d in one.attempts + two.attempts}) == 3


def test_a_slow_actor_delays_no_other(world: World) -> None:
    slow, quick = Worker(answer=open_ended), Worker()
    running = world.start(
        project(
            source(),
            actor(slow, "slow"),
            actor(quick, "quick"),
            route("a", actor="slow"),
            route("b", actor="quick"),
        )
    )
    accept(running, *range(20))
    assert quick.seen() == list(range(20))
    assert len(slow.attempts) == 4


def test_an_actor_with_concurrency_one_gets_deliveries_in_order_across_retries(
    world: World,
) -> None:
    worker = Worker(answer=fails)
    running = world.start(project(source(), actor(worker, concurrency=1, retry=FIXED), route()))
    accept(running, 1, 2, 3)
    assert worker.seen() == [1]
    worker.answer = lambda dispatch: DeliveryResult.delivered()
    world.clock.advance(1)
    assert worker.seen() == [1, 1, 2, 3]


def test_order_holds_per_key_and_a_retry_holds_back_its_key_alone(world: World) -> None:
    worker = Worker(
        answer=lambda d: (
            DeliveryResult.error("not yet")
            if (d.event.payload or {})["pr"] == "a"
            else DeliveryResult.delivered()
        )
    )
    ordered = actor(worker, order_by="{{payload.pr}}", retry=FIXED)
    running = world.start(project(source(), ordered, route()))
    for n, pr in enumerate("aabab"):
        accept(running, n, pr=pr)
    assert worker.seen() == [0, 2, 4]
    worker.answer = lambda dispatch: DeliveryResult.delivered()
    world.clock.advance(1)
    assert worker.seen() == [0, 2, 4, 0, 1, 3]


# --- outcomes


def test_an_error_is_retried_after_a_delay_with_the_same_key(world: World) -> None:
    worker = Worker(answer=fails)
    running = world.start(project(source(), actor(worker, retry=FIXED), route()))
    accept(running, 1)
    assert states(running) == ["waiting"]
    world.clock.advance(0.9)
    assert len(worker.attempts) == 1
    worker.answer = lambda dispatch: DeliveryResult.delivered()
    world.clock.advance(0.2)
    first, second = worker.attempts
    assert first.id == second.id
    assert (first.attempt, second.attempt) == (1, 2)
    assert states(running) == ["delivered"]


def test_a_delivery_is_dead_after_its_last_attempt(world: World) -> None:
    worker = Worker(answer=fails)
    retry = RetrySettings(max_attempts=3, backoff="fixed", jitter="none")
    running = world.start(project(source(), actor(worker, retry=retry), route()))
    accept(running, 1)
    world.clock.pump([1, 1, 1, 1, 1])
    assert len(worker.attempts) == 3
    [dead] = deliveries(running)
    assert (dead.state, dead.error) == ("dead", "the agent is away")
    assert world.phases()[-2:] == ["deliver.dead", "audit.record"]


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (DeliveryResult.accepted("run-7"), "delivered"),
        (DeliveryResult.rejected("no"), "rejected"),
        (DeliveryResult.skipped("not mine"), "skipped"),
    ],
)
def test_a_final_answer_settles(world: World, result: DeliveryResult, state: str) -> None:
    running = world.start(project(source(), actor(Worker(answer=lambda d: result)), route()))
    accept(running, 1)
    [row] = deliveries(running)
    assert row.state == state
    assert row.tracking_id == result.tracking_id
    assert row.settled_at is not None


def test_an_exception_of_an_actor_is_an_error(world: World) -> None:
    def breaks(dispatch: Dispatch) -> Any:
        raise LookupError("no such agent")

    worker = Worker(answer=breaks)
    running = world.start(project(source(), actor(worker, retry=FIXED), route()))
    accept(running, 1)
    [row] = deliveries(running)
    assert (row.state, row.error) == ("waiting", "LookupError: no such agent")


def test_what_is_no_answer_is_an_error(world: World) -> None:
    worker = Worker(answer=lambda d: "fine")
    running = world.start(project(source(), actor(worker, retry=FIXED), route()))
    accept(running, 1)
    assert "str" in (deliveries(running)[0].error or "")


def test_an_attempt_that_takes_too_long_is_an_error(world: World) -> None:
    worker = Worker(answer=open_ended)
    running = world.start(project(source(), actor(worker, retry=FIXED), route()))
    accept(running, 1)
    world.clock.advance(30)
    [row] = deliveries(running)
    assert (row.state, row.error) == ("waiting", "no answer within 30 s")


def test_retry_after_holds_the_whole_lane(world: World) -> None:
    worker = Worker(answer=lambda d: DeliveryResult.error("busy", retry_after_seconds=100))
    running = world.start(project(source(), actor(worker, retry=FIXED), route()))
    accept(running, 1)
    accept(running, 2)
    world.clock.advance(99)
    assert worker.seen() == [1]
    worker.answer = lambda dispatch: DeliveryResult.delivered()
    world.clock.advance(1)
    assert sorted(worker.seen()) == [1, 1, 2]


def test_what_a_delivery_gives_rise_to_is_an_event_that_closes_the_loop(world: World) -> None:
    effect = EventDraft("actor.stopped", {"platform": "test"}, {"n": 2})
    first = Worker(answer=lambda d: DeliveryResult.delivered(effect))
    second = Worker()
    running = world.start(
        project(
            source(),
            actor(first, "first"),
            actor(second, "second"),
            route("a", actor="first"),
            route("b", source="first", actor="second"),
        )
    )
    [event_id] = accept(running, 1)
    event = second.attempts[0].event
    record = done(world.log.get("org", event.id))
    assert (event.source, event.type) == ("first", "actor.stopped")
    assert (record.parent, record.depth) == (event_id, 2)
    assert event.trace_id == first.attempts[0].event.trace_id


def test_one_effect_that_is_no_event_does_not_take_the_others_with_it(world: World) -> None:
    good = EventDraft("actor.stopped", {"platform": "test"}, {"n": 2})
    bad = EventDraft("actor.stopped", {})
    first = Worker(answer=lambda d: DeliveryResult.delivered(good, bad, good))
    second = Worker()
    running = world.start(
        project(
            source(),
            actor(first, "first"),
            actor(second, "second"),
            route("a", actor="first"),
            route("b", source="first", actor="second"),
        )
    )
    accept(running, 1)
    assert second.seen() == [2, 2]
    assert states(running) == ["delivered"] * 3


# --- transforms


def test_a_transform_changes_what_the_actor_sees_but_not_who_it_is(world: World) -> None:
    def change(event: Event, context: Any) -> Event:
        return Event("evt_forged", event.timestamp, "forged", event.type, {"platform": "y"})

    worker = Worker()
    step = transform(Step(change))
    running = world.start(project(source(), actor(worker), route("route", step)))
    [event_id] = accept(running, 1)
    seen = worker.attempts[0].event
    assert (seen.id, seen.source, seen.provenance) == (event_id, "src", {"platform": "y"})
    assert seen.origin is not None


@pytest.mark.parametrize("kind", [Step, SlowStep])
def test_a_transform_drops_and_may_say_why(world: World, kind: type[Any]) -> None:
    def drop(event: Event, context: Any) -> None:
        raise Dropped("it is noise")

    step = SlowStep() if kind is SlowStep else Step(drop)
    running = world.start(
        project(source(), actor(Worker()), route("route", transform(step, "noise")))
    )
    accept(running, 1)
    if isinstance(step, SlowStep):
        assert states(running) == ["matched"]
        step.let_go(lambda event: None)
    [row] = deliveries(running)
    assert row.state == "dropped"
    assert row.error == ("noise" if kind is SlowStep else "noise: it is noise")


@pytest.mark.parametrize(
    ("on_error", "state", "phase"),
    [
        ("pass", "delivered", "transform.error"),
        ("drop", "dropped", "transform.error_drop"),
        ("halt", "dead", "transform.error_halt"),
    ],
)
def test_the_route_says_what_a_failing_transform_means(
    world: World, on_error: str, state: str, phase: str
) -> None:
    def fail(event: Event, context: Any) -> Event:
        raise ValueError("broken")

    worker = Worker()
    step = transform(Step(fail), on_error=on_error)
    running = world.start(project(source(), actor(worker), route("route", step)))
    accept(running, 1)
    assert states(running) == [state]
    assert phase in world.phases()
    assert bool(worker.attempts) is (on_error == "pass")


def test_a_transform_that_cannot_start_is_an_error_of_every_event(world: World) -> None:
    class Broken(Step):
        async def start(self) -> None:
            raise OSError("no such file")

    step = transform(Broken(), on_error="halt")
    running = world.start(project(source(), actor(Worker()), route("route", step)))
    accept(running, 1)
    [row] = deliveries(running)
    assert row.state == "dead"
    assert "no such file" in (row.error or "")


def test_what_a_transform_remembers_is_its_routes_own_and_survives_a_crash(world: World) -> None:
    def definition() -> Any:
        step = transform(RememberingStep())
        return project(source(), actor(Worker()), route("a", step), route("b", step))

    running = world.start(definition())
    accept(running, 1)
    done(running.accept("src", [draft(1, twin=True), draft(2)]))
    world.crash(running)
    running = world.start(definition())
    done(running.accept("src", [EventDraft("resource.changed", {"platform": "test"}, {"n": 1})]))
    by_route = {
        name: [str(one.state) for one in deliveries(running) if one.route == name]
        for name in ("a", "b")
    }
    assert by_route["a"] == by_route["b"] == ["delivered", "delivered", "dropped"]


def test_twins_accepted_together_are_seen_by_a_transform_one_after_the_other(
    world: World,
) -> None:
    step = transform(RememberingStep())
    running = world.start(project(source(), actor(Worker()), route("a", step)))
    twins = [EventDraft("resource.changed", {"platform": "test"}, {"n": 1}) for _ in range(3)]
    done(running.accept("src", twins))
    assert states(running) == ["delivered", "dropped", "dropped"]


def test_a_slow_transform_keeps_the_order_of_its_route_and_delays_no_other(world: World) -> None:
    slow, worker, other = SlowStep(), Worker(), Worker()
    running = world.start(
        project(
            source(),
            actor(worker, concurrency=1),
            actor(other, "other"),
            route("slow", transform(slow)),
            route("quick", actor="other"),
        )
    )
    accept(running, 1, 2, 3)
    assert other.seen() == [1, 2, 3]
    assert len(slow.waiting) == 1
    slow.let_go()
    slow.let_go()
    slow.let_go()
    assert worker.seen() == [1, 2, 3]


def test_a_slow_transform_delays_nothing_on_a_route_that_keeps_no_order(world: World) -> None:
    slow, worker = SlowStep(), Worker()
    running = world.start(project(source(), actor(worker), route("slow", transform(slow))))
    accept(running, *range(1, 8))
    assert len(slow.waiting) == 4
    first = slow.waiting.pop(0)
    for _ in range(6):
        slow.let_go()
    assert worker.seen() == [2, 3, 4, 5, 6, 7]
    first[1].callback(first[0])
    assert worker.seen() == [2, 3, 4, 5, 6, 7, 1]
    assert states(running) == ["delivered"] * 7


# --- crash and stop


def test_what_was_in_flight_at_a_crash_is_made_again_under_the_same_number(world: World) -> None:
    worker = Worker(answer=open_ended)
    running = world.start(project(source(), actor(worker), route()))
    accept(running, 1)
    world.crash(running)
    again = Worker()
    running = world.start(project(source(), actor(again), route()))
    assert [(one.id, one.attempt) for one in again.attempts] == [(worker.attempts[0].id, 1)]
    assert states(running) == ["delivered"]


def test_what_transforms_had_not_finished_at_a_crash_is_taken_up_in_order(world: World) -> None:
    slow = SlowStep()
    running = world.start(project(source(), actor(Worker()), route("route", transform(slow))))
    accept(running, 1, 2)
    world.crash(running)
    worker = Worker()
    running = world.start(project(source(), actor(worker), route("route", transform(Step()))))
    accept(running, 3)
    assert worker.seen() == [1, 2, 3]


def test_a_stop_lets_attempts_in_flight_wait_and_counts_them_for_nothing(world: World) -> None:
    worker = Worker(answer=open_ended)
    running = world.start(project(source(), actor(worker), route()))
    accept(running, 1, 2, 3, 4, 5, 6)
    assert len(worker.attempts) == 4
    world.stop(running)
    assert worker.stopped == 1
    again = Worker()
    running = world.start(project(source(), actor(again), route()))
    assert sorted(again.seen()) == [1, 2, 3, 4, 5, 6]
    assert {one.attempt for one in again.attempts} == {1}


class Reporting(Worker):
    """Answer nothing until it is cancelled, and then with what the attempt led to."""

    async def deliver(self, dispatch: Dispatch) -> DeliveryResult:
        stopped = EventDraft("actor.stopped", {"platform": "test"}, {"of": "the first run"})
        answer = DeliveryResult.error("it took too long", stopped)
        waiting: Deferred[DeliveryResult] = Deferred(lambda call: call.callback(answer))
        return await waiting


def test_what_an_attempt_led_to_before_its_time_was_up_is_kept(world: World) -> None:
    running = world.start(project(source(), actor(Reporting(), retry=FIXED), route()))
    accept(running, 1)
    world.clock.advance(30)
    [row, stopped] = deliveries(running)
    assert (row.state, row.attempts, row.error) == ("waiting", 1, "it took too long")
    assert stopped.state == "unmatched"


def test_what_an_attempt_led_to_before_a_stop_is_left_to_the_one_made_again(world: World) -> None:
    running = world.start(project(source(), actor(Reporting()), route()))
    accept(running, 1)
    world.stop(running)
    stopped = EventDraft("actor.stopped", {"platform": "test"}, {"of": "the second run"})
    again = Worker(answer=lambda dispatch: DeliveryResult.delivered(stopped))
    running = world.start(project(source(), actor(again), route()))
    assert [one.attempt for one in again.attempts] == [1]
    assert states(running) == ["delivered", "unmatched"]
    [effect] = done(world.log.effects_of("org", again.attempts[0].event.id))
    assert effect.event.payload == {"of": "the second run"}


def test_a_transform_that_is_cut_short_by_a_stop_has_not_failed(world: World) -> None:
    slow, first = SlowStep(), Worker()
    running = world.start(project(source(), actor(first), route("route", transform(slow))))
    accept(running, 1, 2)
    world.stop(running)
    assert first.attempts == []
    again = Worker()
    running = world.start(project(source(), actor(again), route("route", transform(Step()))))
    assert again.seen() == [1, 2]


def test_a_transform_that_gives_up_by_itself_has_failed(world: World) -> None:
    def give_up(event: Event, context: Any) -> Event:
        raise CancelledError

    step = transform(Step(give_up), on_error="halt")
    running = world.start(project(source(), actor(Worker()), route("route", step)))
    accept(running, 1)
    assert states(running) == ["dead"]


def test_an_actor_that_gives_up_by_itself_is_retried(world: World) -> None:
    def give_up(dispatch: Dispatch) -> Any:
        raise CancelledError

    worker = Worker(answer=give_up)
    running = world.start(project(source(), actor(worker, retry=FIXED), route()))
    accept(running, 1)
    [row] = deliveries(running)
    assert (row.state, row.attempts) == ("waiting", 1)


def test_an_event_that_goes_along_very_many_routes_is_routed_once_along_each(world: World) -> None:
    worker = Worker()
    routes = [route(f"r{n}") for n in range(900)]
    running = world.start(project(source(), actor(worker), *routes))
    accept(running, 1, 2, 3, 4, 5)
    assert len(worker.attempts) == len({one.id for one in worker.attempts}) == 4500


def test_a_stop_waits_for_attempts_in_flight(world: World) -> None:
    worker = Worker(answer=open_ended)
    running = world.start(project(source(), actor(worker), route()))
    [event_id] = accept(running, 1)
    done(running.stop_intake())
    drained: list[Any] = []
    Deferred.fromCoroutine(running.drain()).addBoth(drained.append)
    assert drained == []
    worker.open[event_id].callback(DeliveryResult.delivered())
    assert drained == [None]
    assert states(running) == ["delivered"]


def test_the_prompt_and_the_routes_config_are_the_same_on_every_attempt(
    world: World, tmp_path: Any
) -> None:
    prompt = tmp_path / "sop.md"
    prompt.write_text("---\nrole: reviewer\n---\nReview it.\n")
    worker = Worker(answer=fails)
    with_prompt = route(
        prompt_file="sop.md", prompt_path=prompt, config={"session_key": "pr:{{payload.n}}"}
    )
    running = world.start(project(source(), actor(worker, retry=FIXED), with_prompt))
    accept(running, 1)
    prompt.write_text("Something else.")
    world.clock.advance(1)
    first, second = worker.attempts
    assert first.prompt == second.prompt
    assert first.prompt is not None
    assert first.prompt.text.strip() == "Review it."
    assert first.prompt.meta == {"role": "reviewer"}
    assert first.config == {"session_key": "pr:1"}
    accept(running, 2)
    assert worker.attempts[-1].prompt is not None
    assert worker.attempts[-1].prompt.text == "Something else."


def test_a_prompt_that_is_missing_does_not_keep_the_event_from_going_out(world: World) -> None:
    worker = Worker()
    running = world.start(project(source(), actor(worker), route(prompt_file="gone.md")))
    accept(running, 1)
    assert worker.attempts[0].prompt is None


def test_a_prompt_that_is_written_later_goes_out_from_then_on(world: World, tmp_path: Any) -> None:
    worker = Worker()
    places = (tmp_path / "routes" / "sop.md", tmp_path / "sop.md")
    late = route(prompt_file="sop.md", prompt_places=places)
    running = world.start(project(source(), actor(worker), late))
    accept(running, 1)
    places[1].write_text("Review it.")
    accept(running, 2)
    first, second = worker.attempts
    assert first.prompt is None
    assert second.prompt is not None
    assert (second.prompt.file, second.prompt.text) == ("sop.md", "Review it.")
