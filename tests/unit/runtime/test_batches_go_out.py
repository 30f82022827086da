"""What an actor gets of a batch, and what is done with its answer."""

from __future__ import annotations

from attrs import define
from zope.interface import implementer

from orgloop.config.model import BatchSettings, DeliverySettings
from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.durations import Duration
from orgloop.event import EventDraft
from orgloop.interfaces import IPreparingActor
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
)

IN_THREES = DeliverySettings(batch=BatchSettings(max=3, every=Duration(60_000)))


def numbers(dispatch: Dispatch) -> list[int]:
    return [(event.payload or {})["n"] for event in dispatch.events]


@implementer(IPreparingActor)
@define(eq=False)
class Preparing(Worker):
    """An actor that fixes what it sends of all events together."""

    def prepare(self, dispatch: Dispatch) -> bytes | None:
        return repr(numbers(dispatch)).encode()


def test_what_is_sent_of_it_is_fixed_before_the_first_attempt(world: World) -> None:
    answers = [DeliveryResult.error("no"), DeliveryResult.delivered()]
    worker = Preparing(lambda dispatch: answers.pop(0))
    running = world.start(project(source(), actor(worker), route(delivery=IN_THREES)))
    accept(running, 1, 2, 3)
    world.clock.advance(60)
    assert [one.content for one in worker.attempts] == [b"[1, 2, 3]"] * 2
    assert len({one.id for one in worker.attempts}) == 1


def test_what_it_gives_rise_to_has_the_last_event_as_its_parent(world: World) -> None:
    effect = EventDraft("actor.stopped", {"platform": "test"}, {"n": 9})
    worker = Worker(lambda dispatch: DeliveryResult.delivered(effect))
    running = world.start(project(source(), actor(worker), route(delivery=IN_THREES)))
    ids = accept(running, 1, 2, 3)
    effects = [len(done(world.log.effects_of("org", event_id))) for event_id in ids]
    assert effects == [0, 0, 1]


def test_one_whose_event_is_gone_is_a_dead_letter_and_holds_up_nobody(world: World) -> None:
    worker = Worker()
    running = world.start(project(source(), actor(worker), route(delivery=IN_THREES)))
    accept(running, 1, 2)
    done(world.log.forget("org", [1]))
    accept(running, 3)
    assert worker.attempts == []
    assert deliveries(running)[-1].state == "dead"
    assert deliveries(running)[-1].error == "the event is no longer in the log"
    assert running.actors["worker"].circuit.failures == 0
    accept(running, 4, 5, 6)
    assert numbers(worker.attempts[0]) == [4, 5, 6]
