"""What a plugin says of its failures may be anything; only its own event suffers for it."""

from __future__ import annotations

from asyncio import CancelledError as ForeignCancelledError
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from zope.interface import implementer

from orgloop.config.model import RetrySettings
from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.errors import Dropped
from orgloop.event import Event, EventDraft
from orgloop.interfaces import IPollingSource, IPreparingActor, IRemembers
from orgloop.reports import Debounced, PollResult, TransformContext
from support.world import (
    Silent,
    SlowStep,
    Step,
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

ONCE = RetrySettings(max_attempts=1)
HALF = "caf\udce9"
"""A file name that is not UTF-8, as Python reads it: it can be written nowhere as it is."""


JUNK: Any = {"platform": "a", 1: object()}
NO_LIST: Any = 7


class Wordless(Exception):
    """An error whose author has made a mistake in its text."""

    def __str__(self) -> str:
        raise TypeError("__str__ returned non-string (type int)")


TROUBLES = [Wordless(), OSError(2, "No such file", HALF), ForeignCancelledError(), BaseException()]


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*arguments: Any) -> Any:
        raise error

    return fail


@pytest.mark.parametrize("error", TROUBLES)
def test_an_actor_that_raises_what_has_no_words_has_failed(
    world: World, error: BaseException
) -> None:
    running = world.start(project(source(), actor(Worker(raising(error)), retry=ONCE), route()))
    accept(running, 1)
    accept(running, 2)
    assert states(running) == ["dead", "dead"]
    assert type(error).__name__ in str(deliveries(running)[0].error)
    assert running.actors["worker"].in_flight == 0


@pytest.mark.parametrize("error", TROUBLES)
def test_a_transform_that_raises_what_has_no_words_has_failed(
    world: World, error: BaseException
) -> None:
    halting = route("halting", transform(Step(raising(error)), on_error="halt"))
    running = world.start(project(source(), actor(Worker()), halting, route("plain")))
    accept(running, 1)
    accept(running, 2)
    assert sorted(states(running)) == ["dead", "dead", "delivered", "delivered"]


@pytest.mark.parametrize("error", TROUBLES)
def test_a_waiting_transform_that_raises_what_has_no_words_has_failed(
    world: World, error: BaseException
) -> None:
    slow = SlowStep()
    running = world.start(
        project(source(), actor(Worker()), route("r", transform(slow, on_error="halt")))
    )
    accept(running, 1)
    slow.waiting.pop(0)[1].errback(error)
    accept(running, 2)
    slow.let_go()
    assert states(running) == ["dead", "delivered"]


@pytest.mark.parametrize(
    "answer",
    [
        DeliveryResult.error(HALF),
        DeliveryResult.rejected(HALF),
        DeliveryResult.skipped(HALF),
        DeliveryResult.accepted(HALF),
        DeliveryResult.error("x" * 5_000_000),
        DeliveryResult.error("nul \x00 nul"),
        DeliveryResult.delivered(EventDraft("resource.changed", {"platform": HALF})),
        DeliveryResult.delivered(EventDraft("resource.changed", JUNK, key=HALF)),
    ],
)
def test_an_answer_that_is_no_proper_text_is_kept(world: World, answer: DeliveryResult) -> None:
    running = world.start(
        project(source(), actor(Worker(lambda dispatch: answer), retry=ONCE), route())
    )
    accept(running, 1)
    [state] = states(running)
    assert state in ("dead", "rejected", "skipped", "delivered")
    assert running.actors["worker"].in_flight == 0
    assert len(str(deliveries(running)[0].error)) < 10_000


@pytest.mark.parametrize("reason", [HALF, "x" * 5_000_000])
def test_a_reason_to_drop_that_is_no_proper_text_is_kept(world: World, reason: str) -> None:
    dropping = route("r", transform(Step(raising(Dropped(reason)))))
    running = world.start(project(source(), actor(Worker()), dropping))
    accept(running, 1)
    assert states(running) == ["dropped"]


@pytest.mark.parametrize("wrong", [{"extra": 5}, {"extra": {"id": "evt_x"}}, {"timestamp": None}])
def test_an_event_that_is_none_is_its_transforms_error(world: World, wrong: dict[str, Any]) -> None:
    changing = transform(Step(lambda event, context: evolve(event, **wrong)), on_error="halt")
    running = world.start(project(source(), actor(Worker()), route("r", changing), route("plain")))
    accept(running, 1)
    assert sorted(states(running)) == ["dead", "delivered"]


@implementer(IRemembers)
class Forgetful(Step):
    def __init__(self, keys: Any, write: Callable[[Any], None]) -> None:
        self.keys, self.write = keys, write

    def memory_keys(self, event: Event, context: TransformContext) -> Any:
        return self.keys

    def apply(self, event: Event, context: TransformContext) -> Event:
        if (event.payload or {})["n"] == 1:
            self.write(context.memory)
        return event


@pytest.mark.parametrize("keys", [[None], [7], [HALF], [object()], [{}], [b"x"]])
def test_what_a_transform_cannot_remember_under_is_not_looked_for(world: World, keys: Any) -> None:
    forgetful = route("r", transform(Forgetful(keys, lambda memory: None), on_error="halt"))
    running = world.start(project(source(), actor(Worker()), forgetful))
    accept(running, 1)
    accept(running, 2)
    assert states(running) == ["delivered", "delivered"]


@pytest.mark.parametrize(
    ("key", "value", "expires_at"),
    [
        ("a", HALF, 5),
        (HALF, "a", 5),
        (7, "a", 5),
        ("a", {"b": 1}, 5),
        ("a", "b", None),
        ("a", "b", float("nan")),
        ("a", "b", 2**70),
    ],
)
def test_what_cannot_be_remembered_is_the_transforms_own_error(
    world: World, key: Any, value: Any, expires_at: Any
) -> None:
    forgetful = Forgetful(["a"], lambda memory: memory.set(key, value, expires_at=expires_at))
    halting = route("halting", transform(forgetful, on_error="halt"))
    running = world.start(project(source(), actor(Worker()), halting, route("plain")))
    accept(running, 1)
    accept(running, 2)
    assert sorted(states(running)) == ["dead", "delivered", "delivered", "delivered"]


@implementer(IPreparingActor)
class Preparing(Worker):
    content: Any = None

    def prepare(self, dispatch: Dispatch) -> Any:
        return self.content


@pytest.mark.parametrize("content", ["text", HALF, object(), {"a": 1}, 7])
def test_content_that_is_none_is_never_sent(world: World, content: Any) -> None:
    preparing = Preparing()
    preparing.content = content
    running = world.start(project(source(), actor(preparing, retry=ONCE), route()))
    accept(running, 1)
    assert states(running) == ["dead"]
    assert preparing.attempts == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": HALF},
        {"key": 7},
        {"key": None},
        {"quiet_ms": "5"},
        {"quiet_ms": -1},
        {"quiet_ms": 1.5},
        {"max_ms": 2**70},
        {"version": "x"},
        {"version": 2**70},
        {"quiet_ms": float("nan")},
    ],
)
def test_an_event_waits_not_where_its_source_says_what_cannot_be(
    world: World, wrong: dict[str, Any]
) -> None:
    told: dict[str, Any] = {"key": "k", "quiet_ms": 1000, "max_ms": 5000, **wrong}
    made = evolve(
        registration("source", Silent()), debounce=lambda config, event: Debounced(**told)
    )
    running = world.start(project(evolve(source(), registration=made), actor(Worker()), route()))
    accept(running, 1)
    world.clock.advance(10)
    assert states(running) == ["delivered"]


@implementer(IPollingSource)
class Polled(Silent):
    def __init__(self, answer: Callable[[], Any]) -> None:
        self.answer = answer
        self.polls = 0

    async def poll(self, checkpoint: str | None) -> Any:
        self.polls += 1
        return self.answer()


@pytest.mark.parametrize(
    "answer",
    [
        *map(raising, TROUBLES),
        lambda: PollResult([], checkpoint=HALF),
        lambda: PollResult([EventDraft("resource.changed", {"platform": "x"}, {}, key=HALF)]),
        lambda: PollResult([EventDraft("resource.changed", {"platform": HALF}, {}, key="x")]),
        lambda: PollResult([EventDraft("resource.changed", {"platform": "x"}, JUNK)]),
        lambda: PollResult(NO_LIST),
    ],
)
def test_a_source_that_fails_without_words_is_polled_again(
    world: World, answer: Callable[[], Any]
) -> None:
    polled = Polled(answer)
    running = world.start(project(source(instance=polled)))
    for _ in range(4):
        world.clock.advance(300)
    assert polled.polls >= 3
    done(running.stop_intake())
