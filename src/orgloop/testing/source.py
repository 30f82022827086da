"""The conformance suite of `ISource`: polling, scheduled or called over HTTP.

    class TestMySource(SourceSuite):
        def make(self, context):
            return MySource(MyConfig(url="…"), context)

For a source that is called over HTTP, ``requests`` holds some that it makes events of. What a
source connects to is lent by overriding ``lend``. Needs pytest-twisted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import orjson
from attrs import evolve
from zope.interface.verify import verifyObject

from orgloop.errors import InvalidPayload
from orgloop.event import EventDraft, content_problems
from orgloop.interfaces import IPollingSource, IScheduledSource, ISource, IWebhookSource
from orgloop.plugin import PluginContext
from orgloop.reports import PollResult, WebhookRequest, WebhookResult
from orgloop.testing.asynchronous import async_test
from orgloop.testing.lending import NOW_MS
from orgloop.testing.lending import lend as lend_context

_KINDS = (IWebhookSource, IScheduledSource, IPollingSource)
_NONSENSE_BODIES = (b"", b"null", b"[]", b'"text"', b"1", b"{", b"\xff\xfe", b"[" * 100_000, b"{}")
_NONSENSE_HEADERS: tuple[dict[str, str], ...] = (
    {},
    {"x-hub-signature-256": "", "x-signature": "sha256=", "linear-signature": "\xff"},
    {"webhook-id": "\xff", "webhook-timestamp": "NaN", "webhook-signature": "v1,v1, ,"},
)


class SourceSuite:
    """What every source does. A subclass says how one is made."""

    requests: Sequence[WebhookRequest] = ()
    """For a source that is called over HTTP: requests it takes."""

    def make(self, context: PluginContext) -> ISource:
        """Return a source that has not been started."""
        raise NotImplementedError

    def lend(self, directory: Path) -> PluginContext:
        """Return the world the source is given."""
        return lend_context(directory)

    def test_it_provides_an_interface_of_sources(self, tmp_path: Path) -> None:
        source = self.make(self.lend(tmp_path))

        assert verifyObject(_interface_of(source), source)

    @async_test
    async def test_it_may_be_stopped_without_having_started(self, tmp_path: Path) -> None:
        await self.make(self.lend(tmp_path)).stop()

    # --- polling

    @async_test
    async def test_a_poll_reports_events_and_where_to_go_on(self, tmp_path: Path) -> None:
        async with self._polling(tmp_path) as source:
            if source is None:
                return
            result: object = await source.poll(None)

        assert isinstance(result, PollResult)
        assert result.checkpoint is None or isinstance(result.checkpoint, str)
        for draft in result.events:
            assert_valid(draft)

    @async_test
    async def test_a_poll_made_again_reports_the_same_keys(self, tmp_path: Path) -> None:
        async with self._polling(tmp_path) as source:
            if source is None:
                return
            first = await source.poll(None)
            again = await source.poll(None)

        known = _keys(again.events)
        assert [key for key in _keys(first.events) if key not in known] == []

    @async_test
    async def test_what_was_reported_does_not_come_again(self, tmp_path: Path) -> None:
        async with self._polling(tmp_path) as source:
            if source is None:
                return
            first = await source.poll(None)
            second = await source.poll(first.checkpoint)

        reported = _keys(first.events)
        assert [key for key in _keys(second.events) if key in reported] == []

    @async_test
    async def test_a_checkpoint_serves_a_new_instance(self, tmp_path: Path) -> None:
        async with self._polling(tmp_path) as source:
            if source is None:
                return
            first = await source.poll(None)
        async with self._polling(tmp_path) as later:
            assert later is not None
            second = await later.poll(first.checkpoint)

        reported = _keys(first.events)
        assert [key for key in _keys(second.events) if key in reported] == []

    # --- scheduled

    @async_test
    async def test_what_is_due_lies_ahead(self, tmp_path: Path) -> None:
        async with self._polling(tmp_path) as source:
            if source is None or not IScheduledSource.providedBy(source):
                return
            after = datetime.fromtimestamp(NOW_MS / 1000, UTC)
            checkpoint = (await source.poll(None)).checkpoint
            for _ in range(50):
                due = cast(Any, source).next_due(checkpoint, after)
                if due is None:
                    return
                assert due > after
                assert due.utcoffset() == timedelta(0)
                after = due

    # --- called over HTTP

    def test_its_door_is_described(self, tmp_path: Path) -> None:
        source: Any = self.make(self.lend(tmp_path))
        if not IWebhookSource.providedBy(source):
            return

        assert source.path is None or source.path.startswith("/")
        assert isinstance(source.is_signed, bool)

    def test_no_request_makes_the_check_of_signatures_raise(self, tmp_path: Path) -> None:
        source: Any = self.make(self.lend(tmp_path))
        if not IWebhookSource.providedBy(source):
            return

        for headers in _NONSENSE_HEADERS:
            for body in _NONSENSE_BODIES:
                assert source.verify(WebhookRequest("/", headers, body, NOW_MS)) is False

    @async_test
    async def test_what_cannot_become_an_event_is_refused_as_such(self, tmp_path: Path) -> None:
        source: Any = self.make(self.lend(tmp_path))
        if not IWebhookSource.providedBy(source):
            return
        await source.start()
        for body in _NONSENSE_BODIES:
            try:
                result = await source.receive(WebhookRequest("/", {}, body, NOW_MS))
            except InvalidPayload:
                continue
            assert isinstance(result, WebhookResult)
        await source.stop()

    @async_test
    async def test_requests_become_events_that_are_known_again(self, tmp_path: Path) -> None:
        source: Any = self.make(self.lend(tmp_path))
        if not IWebhookSource.providedBy(source):
            return
        assert self.requests, "give the suite requests that this source takes"
        await source.start()
        for request in self.requests:
            result = await source.receive(evolve(request))
            again = await source.receive(evolve(request))
            assert result.events or result.body is not None
            for draft in result.events:
                assert_valid(draft)
            assert _keys(result.events) == _keys(again.events)
        await source.stop()

    @asynccontextmanager
    async def _polling(self, directory: Path) -> AsyncIterator[IPollingSource | None]:
        source = self.make(self.lend(directory))
        if not IPollingSource.providedBy(source):
            yield None
            return
        await source.start()
        try:
            yield source
        finally:
            await source.stop()


def assert_valid(draft: object) -> None:
    """Fail unless ``draft`` is one that intake takes."""
    assert isinstance(draft, EventDraft)
    content = {
        "type": draft.type,
        "provenance": draft.provenance,
        "payload": draft.payload,
        "timestamp": draft.timestamp,
    }
    assert content_problems(content) == []
    assert orjson.loads(orjson.dumps(content)) == content, "a draft holds nothing but JSON"
    assert draft.key is None or (isinstance(draft.key, str) and draft.key)


def _interface_of(source: ISource) -> Any:
    provided = [interface for interface in _KINDS if interface.providedBy(source)]
    assert provided, "a source provides IPollingSource, IScheduledSource or IWebhookSource"
    return provided[0]


def _keys(drafts: Sequence[EventDraft]) -> list[str]:
    """Return what the drafts are known by; those that nothing outside names are left out."""
    return [draft.id or cast(str, draft.key) for draft in drafts if draft.id or draft.key]
