"""The conformance suite of `IActor`.

    class TestMyActor(ActorSuite):
        def make(self, context):
            return MyActor(MyConfig(url="…"), context)

What an actor connects to is lent by overriding ``lend``. Needs pytest-twisted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, gatherResults
from zope.interface.verify import verifyObject

from orgloop.delivery import DeliveryResult, Dispatch, Outcome
from orgloop.interfaces import IActor, IPreparingActor
from orgloop.plugin import PluginContext
from orgloop.testing.asynchronous import async_test
from orgloop.testing.events import make_dispatch, make_event, make_prompt
from orgloop.testing.lending import lend as lend_context
from orgloop.testing.source import assert_valid

_NAME = "Überprüfung / review: 100 %\N{ROCKET}"


class ActorSuite:
    """What every actor does. A subclass says how one is made, and may add dispatches to try."""

    dispatches: Sequence[Dispatch] = ()
    """Dispatches that matter to this actor, besides those that every actor must bear."""

    def make(self, context: PluginContext) -> IActor:
        """Return an actor that has not been started and can make deliveries."""
        raise NotImplementedError

    def lend(self, directory: Path) -> PluginContext:
        """Return the world the actor is given."""
        return lend_context(directory)

    def test_it_provides_the_interface(self, tmp_path: Path) -> None:
        actor = self.make(self.lend(tmp_path))
        interface = IPreparingActor if IPreparingActor.providedBy(actor) else IActor

        assert verifyObject(interface, actor)

    @async_test
    async def test_it_may_be_stopped_without_having_started(self, tmp_path: Path) -> None:
        await self.make(self.lend(tmp_path)).stop()

    @async_test
    async def test_it_answers_every_dispatch(self, tmp_path: Path) -> None:
        async with self._started(tmp_path) as actor:
            for dispatch in self._all_dispatches():
                assert_valid_result(await actor.deliver(dispatch))

    @async_test
    async def test_it_makes_deliveries_side_by_side(self, tmp_path: Path) -> None:
        async with self._started(tmp_path) as actor:
            calls = [
                Deferred.fromCoroutine(actor.deliver(make_dispatch(id=f"dlv_{number}xtest")))
                for number in range(8)
            ]
            for result in await gatherResults(calls, consumeErrors=True):
                assert_valid_result(result)

    @async_test
    async def test_it_leaves_the_dispatch_itself_unchanged(self, tmp_path: Path) -> None:
        async with self._started(tmp_path) as actor:
            for dispatch in self._all_dispatches():
                before = deepcopy(dispatch.document())
                await actor.deliver(dispatch)
                assert dispatch.document() == before

    @async_test
    async def test_a_cancelled_delivery_ends(self, tmp_path: Path) -> None:
        async with self._started(tmp_path) as actor:
            delivery = Deferred.fromCoroutine(actor.deliver(make_dispatch()))
            delivery.cancel()
            with suppress(CancelledError):
                assert_valid_result(await delivery)

    @async_test
    async def test_what_it_sends_is_fixed_by_the_dispatch(self, tmp_path: Path) -> None:
        async with self._started(tmp_path) as actor:
            if not IPreparingActor.providedBy(actor):
                return
            for dispatch in self._all_dispatches():
                content = actor.prepare(dispatch)
                assert content is None or isinstance(content, bytes)
                assert actor.prepare(dispatch) == content

    def _all_dispatches(self) -> list[Dispatch]:
        return [
            make_dispatch(),
            make_dispatch(attempt=7, prompt=make_prompt("Grüße \N{ROCKET}\n", role="reviewer")),
            make_dispatch(make_event(payload={}), route=_NAME, actor=_NAME),
            make_dispatch(make_event(), make_event(type="message.received")),
            *self.dispatches,
        ]

    @asynccontextmanager
    async def _started(self, directory: Path) -> AsyncIterator[IActor]:
        actor = self.make(self.lend(directory))
        await actor.start()
        try:
            yield actor
        finally:
            await actor.stop()


def assert_valid_result(result: Any) -> None:
    """Fail unless ``result`` is an answer that a lane understands."""
    assert isinstance(result, DeliveryResult)
    if result.outcome is Outcome.ACCEPTED:
        assert result.tracking_id, "what is accepted has a tracking id"
    if result.outcome in (Outcome.REJECTED, Outcome.SKIPPED, Outcome.ERROR):
        assert result.reason, "what did not succeed says why"
    for effect in result.effects:
        assert_valid(effect)
