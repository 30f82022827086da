"""The webhook logger posts arrays of entries, and knows which answers are worth another try."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from orgloop.durations import Duration
from orgloop.errors import RequestFailed
from orgloop.logentry import LogEntry
from orgloop.loggers.phases import FilterOptions
from orgloop.loggers.webhook import WebhookLogger
from orgloop.loggers.webhook.config import BatchOptions, WebhookLoggerConfig
from orgloop.plugin import PluginContext
from orgloop.reports import HTTPResponse
from orgloop.runtime.observers import Observers
from orgloop.testing.fakes import FakeHTTPClient

URL = "http://logs.example/in?key=hidden"


@pytest.fixture
def http() -> FakeHTTPClient:
    return FakeHTTPClient()


@pytest.fixture
def lent(context: PluginContext, http: FakeHTTPClient) -> PluginContext:
    return evolve(context, http=http)


def write(logger: WebhookLogger, *phases: str, **fields: Any) -> None:
    entries = [LogEntry(phase=phase, timestamp=1_769_847_300_250, **fields) for phase in phases]
    Deferred.fromCoroutine(logger.write(entries))


def make(context: PluginContext, **options: Any) -> WebhookLogger:
    options.setdefault("batch", BatchOptions(size=2))
    return WebhookLogger(WebhookLoggerConfig(url=URL, **options), context)


def test_a_batch_is_an_array_of_entries(lent: PluginContext, http: FakeHTTPClient) -> None:
    logger = make(lent, method="PUT", headers={"X-Key": "k", "content-type": "text/plain"})

    write(logger, "source.emit", "route.match", event_id="evt_1")

    (request,) = http.requests
    assert (request.method, request.url) == ("PUT", URL)
    assert request.headers == {"X-Key": "k", "Content-Type": "application/json"}
    first, second = orjson.loads(request.body)
    assert (first["phase"], second["phase"]) == ("source.emit", "route.match")
    assert first["timestamp"] == "2026-01-31T08:15:00.250Z"
    assert {"orgloop_version", "hostname", "event_id"} <= first.keys()


def test_only_wanted_phases_are_sent_after_the_interval(
    lent: PluginContext, http: FakeHTTPClient, clock: Clock
) -> None:
    options = FilterOptions(phases=("deliver.dead",))
    batch = BatchOptions(size=9, interval=Duration(2_000))
    logger = make(lent, filter=options, batch=batch)

    write(logger, "source.emit", "deliver.dead")
    assert http.requests == []
    clock.advance(2)

    assert [one["phase"] for one in orjson.loads(http.requests[0].body)] == ["deliver.dead"]


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        (HTTPResponse(204, {}, b""), 1),
        (HTTPResponse(503, {}, b""), 2),
        (HTTPResponse(408, {}, b""), 2),
        (RequestFailed("nobody there"), 2),
        (HTTPResponse(401, {}, b""), 1),
        (HTTPResponse(302, {"location": "http://elsewhere.example/"}, b""), 1),
    ],
)
def test_what_may_pass_is_tried_again(
    lent: PluginContext,
    http: FakeHTTPClient,
    clock: Clock,
    answer: HTTPResponse | Exception,
    tries: int,
) -> None:
    http.answers.append(answer)
    logger = make(lent)
    write(logger, "source.emit", "route.match")

    clock.advance(1)

    assert len(http.requests) == tries
    is_taken = isinstance(answer, HTTPResponse) and answer.status == 204
    assert logger.lost == (0 if is_taken or tries == 2 else 2)


def test_a_batch_that_is_too_large_is_sent_in_halves(
    lent: PluginContext, http: FakeHTTPClient, clock: Clock
) -> None:
    http.answers.append(HTTPResponse(413, {}, b""))
    logger = make(lent)
    write(logger, "source.emit", "route.match")

    clock.advance(5)

    sent = [[one["phase"] for one in orjson.loads(request.body)] for request in http.requests]
    assert sent == [["source.emit", "route.match"], ["source.emit"], ["route.match"]]
    assert logger.lost == 0


def test_retry_after_is_kept(lent: PluginContext, http: FakeHTTPClient, clock: Clock) -> None:
    http.answers.append(HTTPResponse(429, {"retry-after": "7"}, b""))
    logger = make(lent)
    write(logger, "source.emit", "route.match")

    clock.advance(6.9)
    assert len(http.requests) == 1
    clock.advance(0.1)
    assert len(http.requests) == 2


def test_headers_and_a_url_with_a_key_are_not_shown(
    lent: PluginContext, http: FakeHTTPClient, clock: Clock
) -> None:
    config = WebhookLoggerConfig(url=URL, headers={"X-Key": "secret"})
    post = WebhookLogger(config, lent)._post

    assert "secret" not in repr(config)
    assert "hidden" not in repr(post)


def test_a_stop_waits_two_seconds_for_a_receiver_that_is_silent(
    context: PluginContext, clock: Clock
) -> None:
    class Silent(FakeHTTPClient):
        async def request(self, *arguments: Any, **options: Any) -> HTTPResponse:
            return await Deferred()

    observers = Observers(clock)
    logger = make(evolve(context, http=Silent()))
    observers.add("org", "far", logger)
    observers.observe(LogEntry(phase="source.emit", timestamp=1, project="org"))

    stopped = Deferred.fromCoroutine(observers.stop())
    clock.advance(1.9)
    assert not stopped.called
    clock.advance(0.1)

    assert stopped.called
    assert logger.lost == 1
    assert not clock.getDelayedCalls()
