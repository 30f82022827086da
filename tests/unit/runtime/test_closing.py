"""A project is closed within seconds, whatever its actors do."""

from __future__ import annotations

from attrs import define
from twisted.internet.defer import CancelledError, Deferred

from orgloop.delivery import DeliveryResult, Dispatch
from support.world import Worker, World, accept, actor, done, project, route, source, states


@define(eq=False)
class Stubborn(Worker):
    """An actor that does not end when it is told to, until it was told ``patience`` times."""

    patience: int = 1

    async def deliver(self, dispatch: Dispatch) -> DeliveryResult:
        self.attempts.append(dispatch)
        while self.patience > 0:
            try:
                await Deferred()
            except CancelledError:
                self.patience -= 1
        raise CancelledError


def test_closing_tells_an_attempt_under_way_to_end_once_more(world: World) -> None:
    running = world.start(project(source(), actor(Stubborn(patience=2)), route()))
    accept(running, 1)
    world.projects.remove(running)
    done(running.stop_intake())
    running.interrupt()
    closed = Deferred.fromCoroutine(running.close())
    assert closed.called
    again = Worker()
    running = world.start(project(source(), actor(again), route()))
    assert [one.attempt for one in again.attempts] == [1]
    assert states(running) == ["delivered"]


def test_closing_does_not_wait_for_an_attempt_that_never_ends(world: World) -> None:
    worker = Stubborn(patience=1_000)
    running = world.start(project(source(), actor(worker), route()))
    accept(running, 1)
    world.projects.remove(running)
    done(running.stop_intake())
    closed = Deferred.fromCoroutine(running.close())
    assert not closed.called
    world.clock.advance(2)
    assert closed.called
    world.clock.advance(60)
