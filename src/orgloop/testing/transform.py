"""The conformance suite of `ITransform`, in process or not.

    class TestMyTransform(TransformSuite):
        def make(self, context):
            return MyTransform(MyConfig(words=["secret"]), context)

Needs pytest-twisted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

from attrs import define, evolve, field
from zope.interface.verify import verifyObject

from orgloop.errors import Dropped
from orgloop.event import Event, Origin
from orgloop.interfaces import IAsyncTransform, IInProcessTransform, IRemembers, ITransform
from orgloop.plugin import PluginContext
from orgloop.reports import Memory, TransformContext
from orgloop.testing.asynchronous import async_test
from orgloop.testing.lending import NOW_MS
from orgloop.testing.lending import lend as lend_context

EVENT = Event(
    "evt_0123456789abcdef",
    "2026-01-31T08:15:00Z",
    "source",
    "resource.changed",
    {"platform": "test", "platform_event": "thing.changed", "author": "alice"},
    {"number": 42, "text": "Grüße 😀", "list": [{"deep": [None, True]}], "empty": {}},
    Origin("runtime", "project"),
    "trc_0123456789abcdef",
)
"""An event with something of everything."""


class TransformSuite:
    """What every transform does. A subclass says how one is made, and may add events to try."""

    events: Sequence[Event] = ()
    """Events that matter to this transform, besides those that every transform must bear."""

    def make(self, context: PluginContext) -> ITransform:
        """Return a transform that has not been started."""
        raise NotImplementedError

    def lend(self, directory: Path) -> PluginContext:
        """Return the world the transform is given."""
        return lend_context(directory)

    def test_it_is_in_process_or_it_waits(self, tmp_path: Path) -> None:
        transform = self.make(self.lend(tmp_path))

        interface = _interface_of(transform)
        assert verifyObject(interface, transform)
        if IRemembers.providedBy(transform):
            assert verifyObject(IRemembers, transform)

    @async_test
    async def test_it_starts_and_stops_without_an_event(self, tmp_path: Path) -> None:
        async with self._started(tmp_path):
            pass

    @async_test
    async def test_it_answers_every_event_with_an_event_or_nothing(self, tmp_path: Path) -> None:
        async with self._started(tmp_path) as transform:
            for event in self._all_events():
                answer = await _answer(transform, event)
                assert answer is None or isinstance(answer, Event)
                assert answer is None or Event.from_bytes(answer.to_bytes()) == answer

    @async_test
    async def test_it_leaves_the_event_itself_unchanged(self, tmp_path: Path) -> None:
        async with self._started(tmp_path) as transform:
            for event in self._all_events():
                before = deepcopy(event.to_json())
                await _answer(transform, event)
                assert event.to_json() == before

    @async_test
    async def test_the_same_event_again_is_answered_alike(self, tmp_path: Path) -> None:
        async with self._started(tmp_path) as transform:
            for event in self._all_events():
                memory = StrictMemory()
                first = await _answer(transform, event, memory)
                assert await _answer(transform, event, memory) == first

    @async_test
    async def test_what_it_remembers_outlives_it(self, tmp_path: Path) -> None:
        memory = StrictMemory()
        answers = []
        for _ in range(2):
            async with self._started(tmp_path) as transform:
                answers.append(await _answer(transform, EVENT, memory))

        assert answers[0] == answers[1]

    @async_test
    async def test_it_remembers_only_under_keys_that_it_names(self, tmp_path: Path) -> None:
        async with self._started(tmp_path) as transform:
            for event in self._all_events():
                memory = StrictMemory()
                await _answer(transform, event, memory)
                for expires_at in memory.expiries:
                    assert expires_at > NOW_MS

    def _all_events(self) -> list[Event]:
        bare = Event("evt_1", "2026-01-31T08:15:00Z", "s", "message.received", {"platform": "x"})
        return [EVENT, evolve(EVENT, payload=None), evolve(EVENT, payload={}), bare, *self.events]

    @asynccontextmanager
    async def _started(self, directory: Path) -> AsyncIterator[ITransform]:
        transform = self.make(self.lend(directory))
        await transform.start()
        try:
            yield transform
        finally:
            await transform.stop()


@define
class StrictMemory(Memory):
    """A memory that fails a transform which asks for a key it has not named."""

    named: set[str] = field(factory=set)
    expiries: list[int] = field(factory=list)

    def get(self, key: str) -> str | None:
        self._check(key)
        return super().get(key)

    def set(self, key: str, value: str, *, expires_at: int) -> None:
        self._check(key)
        assert isinstance(value, str)
        self.expiries.append(expires_at)
        super().set(key, value, expires_at=expires_at)

    def _check(self, key: str) -> None:
        assert key in self.named, f"{key!r} is not among the memory_keys of this event"


def _interface_of(transform: ITransform) -> Any:
    provided = [
        interface
        for interface in (IInProcessTransform, IAsyncTransform)
        if interface.providedBy(transform)
    ]
    assert len(provided) == 1, "a transform provides IInProcessTransform or IAsyncTransform"
    return provided[0]


async def _answer(
    transform: ITransform, event: Event, memory: StrictMemory | None = None
) -> Event | None:
    memory = memory or StrictMemory()
    context = TransformContext(
        source=event.source,
        target="actor",
        event_type=event.type,
        route="route",
        accepted_at=NOW_MS,
        memory=memory,
    )
    if IRemembers.providedBy(transform):
        memory.named = set(cast(IRemembers, transform).memory_keys(event, context))
    try:
        answer = cast(Any, transform).apply(event, context)
        return cast("Event | None", answer if _is_in_process(transform) else await answer)
    except Dropped:
        return None


def _is_in_process(transform: ITransform) -> bool:
    return bool(IInProcessTransform.providedBy(transform))
