"""The otel logger makes one trace of each event's journey, and tells its end once it is there."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import Clock
from twisted.logger import LogEvent, formatEvent, globalLogPublisher

from orgloop.errors import InvalidValue
from orgloop.logentry import LogEntry
from orgloop.loggers.otel import journeys
from orgloop.loggers.otel.config import BatchOptions, ExportOptions, OTelConfig, _endpoint
from orgloop.loggers.otel.metrics import Metrics
from orgloop.loggers.otel.otel import OTelLogger
from orgloop.loggers.otel.records import record_of
from orgloop.loggers.otel.spans import Steps, span_of
from orgloop.plugin import PluginContext
from orgloop.reports import HTTPResponse
from orgloop.testing.fakes import FakeHTTPClient
from orgloop.testing.logger import FULL
from orgloop.testing.otlp import partial_success, values

NOW = 1_769_847_300_000


def entry(phase: str, after_ms: int = 0, **fields: Any) -> LogEntry:
    known = {"project": "org", "event_id": "evt_1", "trace_id": "trc_1", "source": "github"}
    return LogEntry(phase=phase, timestamp=NOW + after_ms, **{**known, **fields})


def way(phase: str, after_ms: int, route: str = "review", **fields: Any) -> LogEntry:
    return entry(phase, after_ms, route=route, target="reviewer", **fields)


def spans_of(*entries: LogEntry) -> list[Span]:
    steps = Steps(NOW)
    return [span_of(done) for one in entries for done in steps.of(one)]


def test_a_journey_is_one_trace_with_a_child_for_each_step() -> None:
    spans = spans_of(
        entry("source.emit"),
        way("route.match", 1),
        way("transform.start", 2, transform="dedup"),
        way("transform.pass", 4, transform="dedup", duration_ms=1.5),
        way("deliver.queued", 5),
        way("deliver.attempt", 6, attempt=1),
        way("deliver.success", 106, attempt=1, duration_ms=100.0),
    )

    assert [span.name for span in spans] == [
        "route.match",
        "transform.dedup",
        "deliver.reviewer",
        "event.pipeline",
    ]
    *children, root = spans
    assert {span.trace_id for span in spans} == {root.trace_id}
    assert {span.parent_span_id for span in children} == {root.span_id}
    assert len({span.span_id for span in spans}) == 4
    assert not root.parent_span_id
    assert (len(root.trace_id), len(root.span_id)) == (16, 8)
    assert root.end_time_unix_nano - root.start_time_unix_nano == 106_000_000
    assert children[2].end_time_unix_nano - children[2].start_time_unix_nano == 100_000_000
    assert children[1].end_time_unix_nano - children[1].start_time_unix_nano == 1_500_000
    assert values(root.attributes)["orgloop.trace_id"] == "trc_1"


def test_the_root_waits_for_every_delivery() -> None:
    steps = Steps(NOW)
    entries = [
        entry("source.emit"),
        way("route.match", 1),
        way("route.match", 1, route="chat"),
        way("transform.drop", 2, route="chat", transform="filter"),
        way("deliver.retry", 3, attempt=1, duration_ms=1.0, error="it answered 500"),
    ]
    begun = [span_of(done).name for one in entries for done in steps.of(one)]
    assert "event.pipeline" not in begun
    assert begun.count("deliver.reviewer") == 1

    last = way("deliver.dead", 4, attempt=2, duration_ms=1.0, error="gave up")
    ended = [span_of(done) for done in steps.of(last)]

    assert [span.name for span in ended] == ["deliver.reviewer", "event.pipeline"]
    assert {span.status.code for span in ended} == {Status.STATUS_CODE_ERROR}
    assert ended[1].status.message == "gave up"


@pytest.mark.parametrize("phase", ["route.no_match", "loop.circuit_broken"])
def test_a_journey_that_leads_nowhere_is_over_at_once(phase: str) -> None:
    assert [span.name for span in spans_of(entry("source.emit"), entry(phase, 1))] == [
        "event.pipeline"
    ]


def test_a_journey_is_over_when_the_last_delivery_is_discarded() -> None:
    spans = spans_of(
        entry("source.emit"), way("route.match", 1), way("audit.record", 2, result="discarded")
    )

    assert [span.name for span in spans] == ["route.match", "event.pipeline"]


def test_a_delivery_that_dies_while_it_waits_makes_no_attempt() -> None:
    spans = spans_of(
        entry("source.emit"), way("route.match", 1), way("deliver.dead", 2, attempt=3, error="old")
    )

    assert [span.name for span in spans] == ["route.match", "event.pipeline"]
    assert spans[1].status.message == "old"


def test_an_event_that_cannot_be_read_ends_its_journey_without_a_route() -> None:
    spans = spans_of(entry("source.emit"), entry("deliver.dead", 1, error="damaged"))

    assert [span.name for span in spans] == ["event.pipeline"]


def test_a_journey_may_be_routed_before_it_is_told_that_it_came_in() -> None:
    spans = spans_of(entry("route.no_match", 1), entry("source.emit"))

    assert [span.name for span in spans] == ["event.pipeline"]


def test_the_root_of_a_journey_is_told_by_the_run_that_saw_it_begin() -> None:
    before, after = Steps(NOW), Steps(NOW + 1)
    begun = [*before.of(entry("source.emit")), *before.of(way("route.match", 1)), *before.rest()]
    first = [span_of(done) for done in begun]
    ended = after.of(way("deliver.success", 9, attempt=1, duration_ms=1.0))
    second = [span_of(done) for done in ended]

    assert [span.name for span in first] == ["route.match", "event.pipeline"]
    assert values(first[1].attributes)["orgloop.is_over"] is False
    assert [span.name for span in second] == ["deliver.reviewer"]
    assert second[0].parent_span_id == first[1].span_id
    assert not list(after.rest())


def test_a_duplicate_is_no_journey() -> None:
    steps = Steps(NOW)

    assert not [*steps.of(entry("source.duplicate")), *steps.rest()]


def test_no_more_journeys_are_remembered_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journeys, "MAX_JOURNEYS", 2)

    spans = spans_of(*[entry("source.emit", event_id=f"evt_{number}") for number in range(3)])

    assert [values(span.attributes)["orgloop.event_id"] for span in spans] == ["evt_0"]


def test_a_log_record_belongs_to_the_trace_of_its_event() -> None:
    root = spans_of(entry("source.emit"), entry("route.no_match"))[0]
    record = record_of(way("deliver.dead", 3, error="it answered 500", attempt=3))

    assert (record.trace_id, record.span_id) == (root.trace_id, root.span_id)
    assert (record.severity_text, record.severity_number) == ("ERROR", 17)
    assert record.event_name == "orgloop.deliver.dead"
    assert record.body.string_value == (
        'deliver.dead source=github route=review actor=reviewer attempt=3 error="it answered 500"'
    )
    assert values(record.attributes)["orgloop.attempt"] == 3
    assert not record_of(LogEntry(phase="system.start", timestamp=NOW)).trace_id


def test_metrics_add_up() -> None:
    metrics = Metrics(NOW)
    for milliseconds in (4.0, 5.0, 90_000.0):
        metrics.count(way("deliver.success", 1, duration_ms=milliseconds, attempt=1))
    metrics.count(way("pipeline.backpressure", 2, queue_depth=7))

    entries, durations, waiting = metrics.read(NOW + 10).metrics()

    assert [point.as_int for point in entries.sum.data_points] == [3, 1]
    assert entries.sum.is_monotonic
    (point,) = durations.histogram.data_points
    assert (point.count, point.sum) == (3, 90_009.0)
    assert list(point.bucket_counts) == [0, 2, *[0] * 13, 1]
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
    assert [point.as_int for point in waiting.gauge.data_points] == [7]
    assert point.start_time_unix_nano == NOW * 1_000_000


def test_what_was_read_of_metrics_stays_while_they_are_counted() -> None:
    metrics = Metrics(NOW)
    once = way("deliver.success", 1, duration_ms=4.0, attempt=1, queue_depth=7)
    metrics.count(once)

    reading = metrics.read(NOW + 10)
    metrics.count(evolve(once, queue_depth=8))
    metrics.count(entry("source.emit"))

    entries, durations, waiting = reading.metrics()
    assert [point.as_int for point in entries.sum.data_points] == [1]
    assert [point.count for point in durations.histogram.data_points] == [1]
    assert sum(durations.histogram.data_points[0].bucket_counts) == 1
    assert [point.as_int for point in waiting.gauge.data_points] == [7]


def test_every_request_is_packed_in_a_thread(context: PluginContext, clock: Clock) -> None:
    http, packed = FakeHTTPClient(), list[str]()

    def in_thread(work: Callable[..., Any], *arguments: Any) -> Deferred[Any]:
        packed.append(work.__name__)
        return maybeDeferred(work, *arguments)

    logger = OTelLogger(OTelConfig(), evolve(context, http=http, run_in_thread=in_thread))
    Deferred.fromCoroutine(logger.write([entry("source.emit"), entry("route.no_match")]))
    clock.advance(5)

    assert sorted(packed) == ["logs", "metrics", "traces"]
    assert len(http.requests) == 3


def test_no_more_series_are_kept_than_the_specification_allows() -> None:
    metrics = Metrics(NOW)
    for number in range(2_100):
        metrics.count(entry("source.emit", source=f"source-{number}"))

    (written,) = metrics.read(NOW).metrics()

    assert len(written.sum.data_points) == 2_000
    assert values(written.sum.data_points[-1].attributes) == {"otel.metric.overflow": True}
    assert sum(point.as_int for point in written.sum.data_points) == 2_100


@pytest.mark.parametrize(
    "written",
    ["http://c:4318", "http://c:4318/", "http://c:4318/v1/logs", "http://c:4318/v1/traces/"],
)
def test_the_endpoint_is_a_base_or_that_of_one_signal(written: str) -> None:
    assert OTelConfig(endpoint=_endpoint(written)).url("metrics") == "http://c:4318/v1/metrics"


@pytest.mark.parametrize("written", ["collector:4318", "http://c/?key=1", 7])
def test_what_is_no_endpoint_is_refused(written: object) -> None:
    with pytest.raises(InvalidValue):
        _endpoint(written)


def test_only_what_is_asked_for_is_exported(context: PluginContext, clock: Clock) -> None:
    http = FakeHTTPClient()
    config = OTelConfig(endpoint="http://c:4318", export=ExportOptions(traces=False, metrics=False))
    logger = OTelLogger(config, evolve(context, http=http))
    Deferred.fromCoroutine(logger.write([FULL, entry("source.emit"), entry("route.no_match")]))
    clock.advance(5)
    Deferred.fromCoroutine(logger.stop())

    assert [request.url for request in http.requests] == ["http://c:4318/v1/logs"]


@pytest.mark.parametrize(
    ("answer", "again", "lost"),
    [
        (HTTPResponse(429, {"retry-after": "3"}, b""), True, 0),
        (HTTPResponse(503, {"retry-after": "3"}, b""), True, 0),
        (HTTPResponse(500, {}, b""), False, 1),
        (HTTPResponse(400, {}, b""), False, 1),
        (HTTPResponse(200, {}, partial_success("/v1/traces", 1, "too old").body), False, 1),
        (HTTPResponse(200, {}, b"{}"), False, 0),
    ],
)
def test_what_the_receiver_answers_counts(
    context: PluginContext, clock: Clock, answer: HTTPResponse, again: bool, lost: int
) -> None:
    http = FakeHTTPClient([answer])
    config = OTelConfig(
        batch=BatchOptions(max_export_batch_size=1),
        export=ExportOptions(metrics=False, logs=False),
    )
    logger = OTelLogger(config, evolve(context, http=http))

    Deferred.fromCoroutine(logger.write([way("route.match", 1)]))
    clock.advance(2.9)
    assert len(http.requests) == 1
    clock.advance(0.1)

    assert len(http.requests) == (2 if again else 1)
    assert logger.lost == lost
    assert len({request.body for request in http.requests}) == 1
    parsed = ExportTraceServiceRequest.FromString(http.requests[0].body)
    assert values(parsed.resource_spans[0].resource.attributes)["service.name"] == "orgloop"


def sending(context: PluginContext, *answers: HTTPResponse, **options: Any) -> FakeHTTPClient:
    """Send a span for each of the answers, one after another."""
    http = FakeHTTPClient(list(answers))
    only_traces = ExportOptions(metrics=False, logs=False)
    batch = BatchOptions(max_export_batch_size=1)
    config = OTelConfig(batch=batch, export=only_traces, **options)
    logger = OTelLogger(config, evolve(context, http=http))
    for _ in answers:
        Deferred.fromCoroutine(logger.write([way("route.match", 1)]))
    return http


def test_what_a_receiver_says_of_what_it_took_is_passed_on_once(context: PluginContext) -> None:
    warning = HTTPResponse(200, {}, partial_success("/v1/traces", 0, "use \x1bv2").body)
    said: list[str] = []

    def observer(event: LogEvent) -> None:
        said.append(formatEvent(event))

    globalLogPublisher.addObserver(observer)
    sending(context, warning, warning, HTTPResponse(200, {}, b""), warning)
    globalLogPublisher.removeObserver(observer)

    [told] = said
    assert told.startswith(f"the receiver of {context.id} (traces) warns: use ")
    assert "\x1b" not in told


def test_bodies_are_compressed_where_that_is_wanted(context: PluginContext) -> None:
    taken = HTTPResponse(200, {}, b"")

    [plain] = sending(context, taken).requests
    [compressed] = sending(context, taken, compression="gzip").requests

    assert "Content-Encoding" not in plain.headers
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(compressed.body) == plain.body


def test_metrics_that_cannot_be_sent_for_a_while_are_not_reported_as_lost(
    context: PluginContext, clock: Clock
) -> None:
    away = HTTPResponse(503, {}, b"")
    only_metrics = ExportOptions(traces=False, logs=False)
    http, said = FakeHTTPClient([away] * 5), list[str]()
    logger = OTelLogger(OTelConfig(export=only_metrics), evolve(context, http=http))

    def observer(event: LogEvent) -> None:
        said.append(formatEvent(event))

    globalLogPublisher.addObserver(observer)
    for _ in range(60):
        Deferred.fromCoroutine(logger.write([way("route.match", 1)]))
        clock.advance(1)
    globalLogPublisher.removeObserver(observer)

    assert len(said) == 2
    assert "cannot send" in said[0]
    assert "sends again" in said[1]
