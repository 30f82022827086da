"""The otel logger against a receiver on loopback that parses what arrives, as a collector does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from orgloop.logentry import LogEntry
from orgloop.loggers.otel import OTelConfig, registration
from orgloop.loggers.otel.config import BatchOptions
from orgloop.plugin import PluginContext
from orgloop.runtime.observers import Observers
from orgloop.sdk.http import HTTPClient
from orgloop.testing.httpserver import Answer
from orgloop.testing.lending import NOW_MS, lend
from orgloop.testing.otlp import OTLPStandIn, values

Start = Callable[..., OTLPStandIn]


@pytest.fixture
def start() -> Iterator[Start]:
    receivers: list[OTLPStandIn] = []

    def start(**options: Any) -> OTLPStandIn:
        receiver = OTLPStandIn(**options)
        receiver.start(reactor)
        receivers.append(receiver)
        return receiver

    yield start
    for receiver in receivers:
        pytest_twisted.blockon(Deferred.fromCoroutine(receiver.stop()))


@pytest.fixture
def context(tmp_path: Path) -> Iterator[PluginContext]:
    http = HTTPClient(reactor)
    yield lend(tmp_path, http=http)
    pytest_twisted.blockon(Deferred.fromCoroutine(http.close()))


def journey(number: int) -> list[LogEntry]:
    known: Any = {"project": "org", "event_id": f"evt_{number}", "trace_id": "trc_1"}
    way = {**known, "route": "review", "target": "reviewer"}
    return [
        LogEntry(phase="source.emit", timestamp=NOW_MS, source="github", **known),
        LogEntry(phase="route.match", timestamp=NOW_MS + 1, **way),
        LogEntry(phase="deliver.success", timestamp=NOW_MS + 9, attempt=1, duration_ms=7.5, **way),
    ]


@pytest_twisted.ensureDeferred
async def test_traces_metrics_and_logs_arrive_once_from_a_receiver_that_stumbles(
    start: Start, context: PluginContext
) -> None:
    receiver = start(token="t0k3n")
    receiver.http.answer(Answer(status=503, headers={"Retry-After": "0"}), Answer(reset=True))
    config = OTelConfig(
        endpoint=receiver.endpoint,
        headers={"Authorization": "Bearer t0k3n"},
        service_name="loop",
        resource_attributes={"deployment.environment.name": "test"},
        batch=BatchOptions(max_export_batch_size=50, scheduled_delay_ms=50),
    )
    observers = Observers(reactor)
    observers.add("org", "otel", registration.logger(config, context))

    for number in range(100):
        for entry in journey(number):
            observers.observe(entry)
    await receiver.http.received(13)
    await observers.flush()
    await observers.flush()
    await observers.stop()

    assert len(receiver.named("event.pipeline")) == 100
    assert len({span.trace_id for span in receiver.spans}) == 100
    assert len({span.span_id for span in receiver.spans}) == len(receiver.spans) == 300
    roots = {span.span_id for span in receiver.named("event.pipeline")}
    assert {span.parent_span_id for span in receiver.named("deliver.reviewer")} == roots
    assert len(receiver.records) == 300
    counted = receiver.metrics["orgloop.entries"].sum.data_points
    assert {values(one.attributes)["orgloop.phase"]: one.as_int for one in counted} == {
        "source.emit": 100,
        "route.match": 100,
        "deliver.success": 100,
    }
    assert receiver.resource["service.name"] == "loop"
    assert receiver.resource["deployment.environment.name"] == "test"


@pytest_twisted.ensureDeferred
async def test_a_stop_sends_journeys_as_far_as_they_have_come(
    start: Start, context: PluginContext
) -> None:
    receiver = start()
    logger = registration.logger(OTelConfig(endpoint=receiver.endpoint), context)
    await logger.write(journey(1)[:2])

    await logger.stop()

    (root,) = receiver.named("event.pipeline")
    assert values(root.attributes)["orgloop.is_over"] is False


@pytest_twisted.ensureDeferred
async def test_the_doctor_tries_receiver_and_credential(
    start: Start, context: PluginContext
) -> None:
    receiver = start(token="t0k3n")
    right = {"Authorization": "Bearer t0k3n"}
    config = OTelConfig(endpoint=receiver.endpoint, headers=right)

    welcome = await registration.check(config, context)
    (stranger,) = await registration.check(OTelConfig(endpoint=receiver.endpoint), context)
    (lost,) = await registration.check(OTelConfig(endpoint=receiver.endpoint + "/x"), context)
    await receiver.stop()
    (gone,) = await registration.check(config, context)

    assert [(one.about, one.status) for one in welcome] == [
        ("service", "ok"),
        ("credential", "ok"),
    ]
    assert (stranger.about, stranger.status) == ("credential", "degraded")
    assert (lost.status, gone.status) == ("degraded", "degraded")
    assert "404" in lost.message
    assert "t0k3n" not in gone.message + gone.fix
    assert receiver.spans == []
