"""What becomes of the deliveries of an actor that is away, on real storage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.logger import LogEvent, globalLogPublisher

from orgloop.config.model import CircuitSettings, RetrySettings
from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.durations import Duration
from orgloop.runtime.project import Project
from support.world import (
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
)

AT_ONCE = RetrySettings(backoff="fixed", initial_delay=Duration(1000), jitter="none")
TWICE = RetrySettings(backoff="fixed", initial_delay=Duration(1000), jitter="none", max_attempts=2)
CIRCUIT = CircuitSettings(failure_threshold=2, cooldown=Duration(30_000))


@define(eq=False)
class Agent:
    """What a test says an agent host does."""

    is_up: bool = True
    poison: set[int] = field(factory=set)

    def __call__(self, dispatch: Dispatch) -> DeliveryResult:
        number = (dispatch.event.payload or {})["n"]
        if not self.is_up:
            return DeliveryResult.error("the agent is away")
        if number in self.poison:
            return DeliveryResult.error("the agent chokes")
        return DeliveryResult.delivered()


def with_agent(agent: Agent, **settings: Any) -> tuple[Worker, Any]:
    """Return a worker in the agent's place and a project that wakes it, one thing at a time."""
    settings = {"concurrency": 1, "retry": AT_ONCE, "circuit_breaker": CIRCUIT, **settings}
    worker = Worker(agent)
    return worker, project(source(), actor(worker, **settings), route())


def until(world: World, holds: Callable[[], bool], *, at_most: int = 2000) -> None:
    """Let time pass by seconds."""
    for _ in range(at_most):
        if holds():
            return
        world.clock.advance(1)
    raise AssertionError("it does not come about")


def lines(world: World, go: Callable[[], None]) -> list[str]:
    """Return what the application log says meanwhile that is worth a line."""
    said: list[str] = []

    def observe(event: LogEvent) -> None:
        if event["log_level"].name != "debug":
            said.append(event["log_format"].format(**event))

    globalLogPublisher.addObserver(observe)
    try:
        go()
    finally:
        globalLogPublisher.removeObserver(observe)
    return said


def test_an_actor_that_keeps_failing_is_left_alone_and_its_deliveries_wait(world: World) -> None:
    worker, definition = with_agent(Agent(is_up=False))
    running = world.start(definition)
    accept(running, 1, 2, 3)
    world.clock.pump([1] * 10)
    assert worker.seen() == [1, 1]
    assert running.actors["worker"].status == "degraded"
    assert running.actors["worker"].reason == "the agent is away"
    assert running.actors["worker"].circuit.state == "open"
    assert running.health() == "degraded"
    assert states(running) == ["waiting"] * 3
    assert [one.attempts for one in deliveries(running)] == [2, 0, 0]


def test_it_drains_in_order_once_it_is_back(world: World) -> None:
    agent = Agent(is_up=False)
    worker, definition = with_agent(agent)
    running = world.start(definition)
    accept(running, *range(1, 6))
    world.clock.pump([1] * 10)
    agent.is_up = True
    until(world, lambda: states(running) == ["delivered"] * 5)
    assert worker.seen() == [1, 1, 1, 2, 3, 4, 5]
    assert running.actors["worker"].status == "ok"
    assert running.actors["worker"].reason is None


def test_a_weekend_without_the_agent_kills_nothing(world: World) -> None:
    agent = Agent(is_up=False)
    worker, definition = with_agent(agent, retry=TWICE)
    running = world.start(definition)
    accept(running, *range(1, 6))
    for _ in range(600):
        world.clock.advance(300)
    assert states(running) == ["waiting"] * 5
    assert worker.seen()[-5:] == [1, 2, 3, 4, 5]
    agent.is_up = True
    until(world, lambda: states(running) == ["delivered"] * 5)
    served = worker.seen()[-5:]
    assert served == [1, 2, 3, 4, 5]


def test_one_ticket_that_the_agent_chokes_on_dies_and_the_rest_goes_out(world: World) -> None:
    agent = Agent(poison={2})
    worker, definition = with_agent(agent, retry=TWICE)
    running = world.start(definition)
    accept(running, 1, 2, 3, 4)
    until(world, lambda: "dead" in states(running))
    assert worker.seen() == [1, 2, 2, 2, 3, 4]
    assert states(running) == ["delivered", "dead", "delivered", "delivered"]
    assert deliveries(running)[1].error == "the agent chokes"
    dead = [entry for entry in world.told if entry.phase == "deliver.dead"]
    assert [(one.target, one.error, one.event_type) for one in dead] == [
        ("worker", "the agent chokes", "resource.changed")
    ]
    assert world.facilities.metrics.deliveries["route", "worker", "dead"] == 1


def test_one_that_timed_out_while_the_agent_came_back_is_tried_once_more(world: World) -> None:
    worker = Worker(lambda dispatch: None)
    settings = {"timeout": Duration(20_000), "retry": TWICE, "circuit_breaker": CIRCUIT}
    running = world.start(project(source(), actor(worker, concurrency=1, **settings), route()))
    accept(running, 1, 2, 3)
    until(world, lambda: worker.seen() == [1, 1, 1])
    worker.answer = lambda dispatch: DeliveryResult.delivered()
    until(world, lambda: states(running) == ["delivered"] * 3)
    assert worker.seen() == [1, 1, 1, 2, 1, 3]
    assert {one.timeout_seconds for one in worker.attempts} == {20}


def test_an_agent_that_had_no_time_gets_everything_in_order(world: World) -> None:
    busy = DeliveryResult.error("busy", retry_after_seconds=10)
    worker = Worker(lambda dispatch: busy)
    settings = {"retry": TWICE, "circuit_breaker": CIRCUIT}
    running = world.start(project(source(), actor(worker, concurrency=1, **settings), route()))
    accept(running, 1, 2, 3)
    until(world, lambda: worker.seen() == [1, 1, 1])
    worker.answer = lambda dispatch: DeliveryResult.delivered()
    until(world, lambda: states(running) == ["delivered"] * 3)
    assert worker.seen() == [1, 1, 1, 1, 2, 3]


def test_a_dead_letter_that_a_person_retries_has_all_its_attempts_to_come(world: World) -> None:
    worker = Worker(lambda dispatch: DeliveryResult.error("no"))
    running = world.start(project(source(), actor(worker, retry=TWICE), route()))
    accept(running, 1)
    until(world, lambda: states(running) == ["dead"])
    done(running.desk.retry([deliveries(running)[0].id]))
    until(world, lambda: states(running) == ["dead"])
    assert [one.attempt for one in worker.attempts] == [1, 2, 3, 4]


def test_a_ticket_without_another_behind_it_waits_for_one(world: World) -> None:
    _, definition = with_agent(Agent(poison={1}), retry=TWICE)
    running = world.start(definition)
    accept(running, 1)
    world.clock.pump([10] * 100)
    assert states(running) == ["waiting"]
    accept(running, 2)
    until(world, lambda: states(running) == ["dead", "delivered"])


def test_it_is_told_once_when_an_actor_goes_and_once_when_it_is_back(world: World) -> None:
    agent = Agent(is_up=False)
    _, definition = with_agent(agent, concurrency=4)
    running = world.start(definition)

    def go() -> None:
        accept(running, *range(1, 9))
        world.clock.pump([10] * 100)
        agent.is_up = True
        until(world, lambda: states(running) == ["delivered"] * 8)

    said = lines(world, go)
    assert said == [
        "actor worker is degraded: the agent is away",
        "actor worker has recovered",
    ]
    told = [entry for entry in world.told if entry.phase.startswith("actor.")]
    assert [(one.phase, one.target, one.error) for one in told] == [
        ("actor.degraded", "worker", "the agent is away"),
        ("actor.recovered", "worker", None),
    ]


def test_no_more_than_the_probe_is_tried_while_it_is_away(world: World) -> None:
    agent = Agent(is_up=False)
    worker, definition = with_agent(agent, concurrency=4)
    running = world.start(definition)
    accept(running, *range(1, 9))
    before = len(worker.attempts)
    assert before == 4
    world.clock.advance(29.9)
    assert len(worker.attempts) == before
    accept(running, 10, 11, 12)
    assert len(worker.attempts) == before
    world.clock.advance(0.1)
    assert len(worker.attempts) == before + 1
    world.clock.advance(59.9)
    assert len(worker.attempts) == before + 1


def test_nothing_is_looked_up_while_nothing_may_be_tried(world: World) -> None:
    _, definition = with_agent(Agent(is_up=False))
    running = world.start(definition)
    accept(running, 1, 2, 3)
    world.clock.pump([1] * 5)
    calls = [call for call in world.clock.getDelayedCalls() if "Lane.wake" in repr(call.func)]
    assert [round(call.getTime() - world.clock.seconds()) for call in calls] == [26]


def test_a_runtime_begins_with_the_circuit_as_it_was_and_probes_at_once(world: World) -> None:
    agent = Agent(is_up=False)
    worker, definition = with_agent(agent, retry=TWICE)
    running = world.start(definition)
    accept(running, 1, 2, 3)
    world.clock.pump([1] * 5)
    world.stop(running)
    worker.attempts.clear()
    said = lines(world, lambda: world.start(definition))
    assert "actor worker is still degraded: the agent is away" in said
    running = world.projects[-1]
    assert worker.seen() == [1, 2]
    assert running.actors["worker"].status == "degraded"
    assert states(running) == ["waiting"] * 3
    agent.is_up = True
    until(world, lambda: states(running) == ["delivered"] * 3)
    world.stop(running)
    running = world.start(definition)
    assert running.actors["worker"].status == "ok"


def test_a_restart_before_the_circuit_has_opened_kills_nothing(world: World) -> None:
    agent = Agent(is_up=False)
    worker, definition = with_agent(agent, retry=TWICE)
    running = world.start(definition)
    accept(running, 1, 2)
    assert worker.seen() == [1]
    world.stop(running)
    running = world.start(definition)
    world.clock.pump([1] * 5)
    assert states(running) == ["waiting"] * 2
    agent.is_up = True
    until(world, lambda: states(running) == ["delivered"] * 2)


def test_attempts_in_flight_when_it_opens_do_not_kill_theirs(world: World) -> None:
    once = RetrySettings(max_attempts=1)
    worker = Worker(lambda dispatch: None)
    running = world.start(
        project(
            source(), actor(worker, concurrency=3, retry=once, circuit_breaker=CIRCUIT), route()
        )
    )
    for event_id in accept(running, 1, 2, 3):
        worker.open[event_id].callback(DeliveryResult.error("no"))
    # The first was the last of its attempts, and died before anybody could know.
    assert states(running) == ["dead", "waiting", "waiting"]


def test_retry_after_holds_up_a_probe_as_well(world: World) -> None:
    worker = Worker(lambda dispatch: DeliveryResult.error("busy", retry_after_seconds=100))
    running = world.start(
        project(source(), actor(worker, concurrency=2, circuit_breaker=CIRCUIT), route())
    )
    accept(running, 1, 2, 3)
    assert len(worker.attempts) == 2
    world.clock.advance(99)
    assert len(worker.attempts) == 2
    world.clock.advance(1)
    assert len(worker.attempts) == 3


@define(eq=False)
class Unstartable(Worker):
    """An actor that cannot start until the test lets it."""

    is_there: bool = False
    starts: int = 0

    async def start(self) -> None:
        self.starts += 1
        if not self.is_there:
            raise OSError(f"nobody listens, try {len(self.attempts)}")


def test_an_actor_that_cannot_start_is_told_of_once(world: World) -> None:
    worker = Unstartable()
    running: list[Project] = []

    def go() -> None:
        running.append(world.start(project(source(), actor(worker), route())))
        accept(running[0], 1)
        world.clock.pump([30] * 5)
        worker.is_there = True
        world.clock.advance(30)

    said = lines(world, go)
    assert [line for line in said if "worker" in line] == [
        "actor worker is degraded: nobody listens, try 0",
        "actor worker has recovered",
    ]
    assert [phase for phase in world.phases() if phase.startswith("actor.")] == [
        "actor.degraded",
        "actor.recovered",
    ]
    assert states(running[0]) == ["delivered"]


def test_an_actor_that_cannot_start_is_tried_soon_and_then_ever_later(world: World) -> None:
    worker = Unstartable()
    world.start(project(source(), actor(worker), route()))
    starts = []
    for seconds in (1, 2, 4, 8, 16, 30, 30, 30):
        world.clock.advance(seconds - 0.1)
        starts.append(worker.starts)
        world.clock.advance(0.1)
    assert starts == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_stop_does_not_wait_for_an_actor_that_is_away(world: World) -> None:
    _, definition = with_agent(Agent(is_up=False))
    running = world.start(definition)
    accept(running, 1, 2, 3)
    world.clock.pump([1] * 5)
    drained = Deferred.fromCoroutine(running.drain())
    assert drained.called
