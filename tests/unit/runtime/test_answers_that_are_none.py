"""What a plugin answers with may be anything; only its own event suffers for it."""

from __future__ import annotations

from typing import Any

import pytest

from orgloop.config.model import RetrySettings
from orgloop.delivery import DeliveryResult
from orgloop.event import EventDraft
from support.world import (
    Step,
    Worker,
    World,
    accept,
    actor,
    deliveries,
    project,
    route,
    source,
    states,
    transform,
)

ONCE = RetrySettings(max_attempts=1)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (DeliveryResult.error(ValueError("why")), "reason"),
        (DeliveryResult.accepted(7), "tracking_id"),
        (DeliveryResult.error("why", retry_after_seconds=float("nan")), "retry_after_seconds"),
        (DeliveryResult.error("why", retry_after_seconds="5"), "retry_after_seconds"),
        (DeliveryResult.delivered({"type": "resource.changed"}), "effects"),
    ],
)
def test_an_answer_with_a_part_that_is_none_is_a_failed_attempt(
    world: World, answer: DeliveryResult, said: str
) -> None:
    worker = Worker(lambda dispatch: answer)
    running = world.start(project(source(), actor(worker, retry=ONCE), route()))
    accept(running, 1)
    accept(running, 2)
    assert states(running) == ["dead", "dead"]
    assert said in str(deliveries(running)[0].error)
    assert running.actors["worker"].in_flight == 0


@pytest.mark.parametrize(
    "wrong", [{"timestamp": 5}, {"key": 7}, {"provenance": None}, {"type": []}]
)
def test_an_effect_that_cannot_be_an_event_is_left_out(world: World, wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {"type": "resource.changed", "provenance": {"platform": "t"}}
    effect = EventDraft(**{**right, **wrong})
    worker = Worker(lambda dispatch: DeliveryResult.delivered(effect))
    running = world.start(project(source(), actor(worker), route()))
    accept(running, 1)
    assert states(running) == ["delivered"]
    assert running.actors["worker"].in_flight == 0


@pytest.mark.parametrize("settings", [{"order_by": "{{payload.x}}"}, {}])
def test_a_change_that_is_no_json_ends_its_own_delivery_only(
    world: World, settings: dict[str, Any]
) -> None:
    def change(event: Any, context: Any) -> Any:
        if event.payload["n"] == 1:
            event.payload["x"] = {1, 2}  # in place, against the contract
        return event

    changing = route("route", transform(Step(change)), config={"x": "{{payload.x}}"})
    running = world.start(project(source(), actor(Worker(), **settings), changing))
    accept(running, 1)
    accept(running, 2)
    assert states(running) == ["dead", "delivered"]
