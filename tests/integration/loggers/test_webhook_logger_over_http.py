"""The webhook logger against a receiver on loopback that goes away and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest_twisted
from twisted.internet import reactor

from orgloop.durations import Duration
from orgloop.logentry import LogEntry
from orgloop.loggers.outbox.patience import RetryOptions
from orgloop.loggers.webhook import registration
from orgloop.loggers.webhook.config import BatchOptions, WebhookLoggerConfig
from orgloop.runtime.observers import Observers
from orgloop.sdk.http import HTTPClient
from orgloop.testing.httpserver import Answer, ScriptedHTTPServer
from orgloop.testing.lending import NOW_MS, lend


@pytest_twisted.ensureDeferred
async def test_each_entry_arrives_once_and_in_order_from_a_receiver_that_stumbles(
    tmp_path: Path,
) -> None:
    server = ScriptedHTTPServer()
    server.start(reactor)
    server.answer(Answer(status=503), Answer(reset=True), Answer(status=500))
    http = HTTPClient(reactor)
    config = WebhookLoggerConfig(
        url=server.url("/logs"),
        batch=BatchOptions(size=50),
        retry=RetryOptions(initial_delay=Duration(10), max_delay=Duration(20)),
    )
    observers = Observers(reactor)
    context = lend(tmp_path, http=http)
    observers.add("project", "far", registration.logger(config, context))

    for number in range(200):
        entry = LogEntry(phase="source.emit", timestamp=NOW_MS, project="project", attempt=number)
        observers.observe(entry)
    await server.received(7)
    await observers.stop()

    taken = [entry["attempt"] for request in server.requests[3:] for entry in request.json()]
    assert taken == list(range(200))
    assert server.connections < 5
    await http.close()
    await server.stop()


@pytest_twisted.ensureDeferred
async def test_the_doctor_says_whether_the_receiver_is_there(tmp_path: Path) -> None:
    server = ScriptedHTTPServer()
    server.start(reactor)
    config = WebhookLoggerConfig(url=server.url("/logs"))
    context = lend(tmp_path)

    (there,) = await registration.check(config, context)
    await server.stop()
    (gone,) = await registration.check(config, context)

    assert (there.status, gone.status) == ("ok", "degraded")
    assert server.requests == []
