"""Stand-ins for what plugins and the flow are given, each with a record of what was done to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import define, field, frozen
from twisted.internet.task import Clock as FakeClock
from zope.interface import implementer

from orgloop.delivery import DeliveryResult, Dispatch
from orgloop.event import Event
from orgloop.interfaces import (
    IActor,
    IAsyncTransform,
    IHTTPClient,
    IInProcessTransform,
    ILogger,
    IPollingSource,
    IPreparingActor,
    IScheduledSource,
    IWebhookSource,
)
from orgloop.logentry import LogEntry
from orgloop.reports import (
    HTTPResponse,
    PollResult,
    TransformContext,
    WebhookRequest,
    WebhookResult,
)

__all__ = [
    "FakeActor",
    "FakeAsyncTransform",
    "FakeClock",
    "FakeHTTPClient",
    "FakeLogger",
    "FakePollingSource",
    "FakePreparingActor",
    "FakeScheduledSource",
    "FakeTransform",
    "FakeWebhookSource",
    "SentRequest",
]


async def _unchanged(event: Event) -> Event:
    return event


@define(eq=False)
class _Component:
    """What can be started and stopped."""

    started: int = field(default=0, init=False)
    stopped: int = field(default=0, init=False)

    async def start(self) -> None:
        self.started += 1

    async def stop(self) -> None:
        self.stopped += 1


@implementer(IPollingSource)
@define(eq=False)
class FakePollingSource(_Component):
    """Answer a poll by the checkpoint it is given (an exception is raised), else with nothing."""

    answers: Mapping[str | None, PollResult | Exception] = field(factory=dict)
    checkpoints: list[str | None] = field(factory=list, init=False)
    """What each poll was given."""

    async def poll(self, checkpoint: str | None) -> PollResult:
        self.checkpoints.append(checkpoint)
        answer = self.answers.get(checkpoint, PollResult())
        if isinstance(answer, Exception):
            raise answer
        return answer


@implementer(IScheduledSource)
@define(eq=False)
class FakeScheduledSource(FakePollingSource):
    """A polling source that is due at the moments of ``due``, which are in order and in UTC."""

    due: Sequence[datetime] = ()

    def next_due(self, checkpoint: str | None, after: datetime) -> datetime | None:
        return next((moment for moment in self.due if moment > after), None)


@implementer(IWebhookSource)
@define(eq=False)
class FakeWebhookSource(_Component):
    """Answer every request with ``answer``, or raise it; trust it as ``trusts`` says."""

    answer: WebhookResult | Exception = WebhookResult()
    path: str | None = None
    is_signed: bool = False
    trusts: bool = True
    requests: list[WebhookRequest] = field(factory=list, init=False)

    def verify(self, request: WebhookRequest) -> bool:
        return self.trusts

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@implementer(IActor)
@define(eq=False)
class FakeActor(_Component):
    """Answer each dispatch with the next of ``answers`` (an exception is raised), then deliver."""

    answers: deque[DeliveryResult | Exception] = field(factory=deque, converter=deque)
    dispatches: list[Dispatch] = field(factory=list, init=False)

    async def deliver(self, dispatch: Dispatch) -> DeliveryResult:
        self.dispatches.append(dispatch)
        answer = self.answers.popleft() if self.answers else DeliveryResult.delivered()
        if isinstance(answer, Exception):
            raise answer
        return answer


@implementer(IPreparingActor)
@define(eq=False)
class FakePreparingActor(FakeActor):
    """Fix ``content`` before the first attempt (an exception is raised)."""

    content: bytes | Exception | None = b"content"

    def prepare(self, dispatch: Dispatch) -> bytes | None:
        if isinstance(self.content, Exception):
            raise self.content
        return self.content


@implementer(IInProcessTransform)
@define(eq=False)
class FakeTransform(_Component):
    """Put each event through ``change``; by default it passes."""

    change: Callable[[Event], Event | None] = lambda event: event
    contexts: list[TransformContext] = field(factory=list, init=False)

    def apply(self, event: Event, context: TransformContext) -> Event | None:
        self.contexts.append(context)
        return self.change(event)


@implementer(IAsyncTransform)
@define(eq=False)
class FakeAsyncTransform(_Component):
    """Put each event through ``change``, which may wait; by default it passes."""

    change: Callable[[Event], Awaitable[Event | None]] = _unchanged
    contexts: list[TransformContext] = field(factory=list, init=False)

    async def apply(self, event: Event, context: TransformContext) -> Event | None:
        self.contexts.append(context)
        return await self.change(event)


@implementer(ILogger)
@define(eq=False)
class FakeLogger(_Component):
    """Keep every entry."""

    entries: list[LogEntry] = field(factory=list, init=False)
    flushed: int = field(default=0, init=False)
    reopened: int = field(default=0, init=False)

    async def write(self, entries: Sequence[LogEntry]) -> None:
        self.entries.extend(entries)

    async def flush(self) -> None:
        self.flushed += 1

    def reopen(self) -> None:
        self.reopened += 1


@frozen
class SentRequest:
    """A request that a `FakeHTTPClient` was asked for."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    allow_private: bool


@implementer(IHTTPClient)
@define(eq=False)
class FakeHTTPClient:
    """Answer each request with the next of ``answers`` (an exception is raised), then with 200."""

    answers: deque[HTTPResponse | Exception] = field(factory=deque, converter=deque)
    requests: list[SentRequest] = field(factory=list, init=False)
    closed: int = field(default=0, init=False)

    async def close(self) -> None:
        self.closed += 1

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_seconds: float = 30.0,
        allow_private: bool = True,
        max_body_bytes: int = 10_000_000,
    ) -> HTTPResponse:
        self.requests.append(SentRequest(method, url, headers or {}, body, allow_private))
        answer: Any = self.answers.popleft() if self.answers else HTTPResponse(200, {}, b"")
        if isinstance(answer, Exception):
            raise answer
        response: HTTPResponse = answer
        return response
