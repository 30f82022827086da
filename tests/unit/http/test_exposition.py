"""The metrics as Prometheus reads them."""

from __future__ import annotations

from types import SimpleNamespace as Some

from prometheus_client.parser import text_string_to_metric_families

from orgloop.runtime.metrics import Histogram, Metrics
from support.http_fakes import Queue, Shop
from support.http_wire import Server

_ORDER = (
    "logger",
    "source",
    "type",
    "transform",
    "result",
    "route",
    "actor",
    "state",
    "le",
    "version",
)


def test_every_metric_is_there_and_says_what_was_counted() -> None:
    server = Server()
    metrics = server.runtime.metrics
    metrics.event_accepted("hook", "resource.changed")
    metrics.event_duplicate("hook")
    metrics.event_unmatched("hook")
    metrics.transform("dedup", "drop")
    metrics.delivery("to-desk", "desk", "delivered")
    metrics.source_error("hook")
    metrics.delivery_seconds("desk", 0.02)
    metrics.delivery_seconds("desk", 7000.0)
    metrics.pipeline_seconds("to-desk", 0.04)
    metrics.poll_seconds("hook", 0.1)
    metrics.log_commit_seconds(0.001)
    metrics.reactor_lag_seconds(0.0)
    server.runtime.projects["shop"] = Shop(
        actors={"desk": Some(status="degraded"), "idle": Some(status="ok")},
        queue=Queue(number={("desk", "to-desk", "waiting"): 4, ("desk", "to-desk", "dead"): 1}),
    )

    server.runtime.running_loggers = {
        ("shop", "far"): Some(lost=2, trouble=None),
        ("other", "far"): Some(lost=3, trouble=None),
    }

    reply = server.get("/api/metrics")

    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = {
        (
            sample.name,
            *(sample.labels[name] for name in _ORDER if name in sample.labels),
        ): sample.value
        for family in text_string_to_metric_families(reply.body.decode())
        for sample in family.samples
    }
    assert samples["orgloop_events_total", "hook", "resource.changed"] == 1
    assert samples["orgloop_events_duplicate_total", "hook"] == 1
    assert samples["orgloop_events_unmatched_total", "hook"] == 1
    assert samples["orgloop_transform_total", "dedup", "drop"] == 1
    assert samples["orgloop_deliveries_total", "to-desk", "desk", "delivered"] == 1
    assert samples["orgloop_source_errors_total", "hook"] == 1
    assert samples["orgloop_delivery_seconds_bucket", "desk", "0.025"] == 1
    assert samples["orgloop_delivery_seconds_bucket", "desk", "+Inf"] == 2
    assert samples["orgloop_delivery_seconds_count", "desk"] == 2
    assert samples["orgloop_delivery_seconds_sum", "desk"] == 7000.02
    assert samples["orgloop_pipeline_seconds_count", "to-desk"] == 1
    assert samples["orgloop_source_poll_seconds_count", "hook"] == 1
    assert samples["orgloop_log_commit_seconds_bucket", "0.001"] == 1
    assert samples["orgloop_reactor_lag_seconds_count",] == 1
    assert samples["orgloop_log_entries_lost_total", "far"] == 5
    assert samples["orgloop_queue_depth", "desk"] == 4
    assert samples["orgloop_queue_depth", "idle"] == 0
    assert samples["orgloop_actor_degraded", "desk"] == 1
    assert samples["orgloop_actor_degraded", "idle"] == 0
    assert any(name[0] == "orgloop_build_info" for name in samples)


def test_an_observation_on_a_bound_belongs_below_it() -> None:
    histogram = Histogram((1.0, 2.0))

    for value in (0.5, 1.0, 1.5, 3.0):
        histogram.observe(value)

    assert histogram.counts == [2, 1, 1]
    assert histogram.total == 6.0


def test_a_copy_stays_as_it_was() -> None:
    metrics = Metrics()
    metrics.event_accepted("hook", "resource.changed")
    metrics.pipeline_seconds("to-desk", 0.04)
    copy = metrics.copy()

    metrics.event_accepted("hook", "resource.changed")
    metrics.pipeline_seconds("to-desk", 0.04)
    metrics.commit_times.observe(0.001)

    assert copy.events["hook", "resource.changed"] == 1
    assert sum(copy.pipeline_times["to-desk"].counts) == 1
    assert sum(copy.commit_times.counts) == 0


def test_labels_may_hold_anything() -> None:
    server = Server()
    odd = 'a "quoted" \\ back\nslash, é'
    server.runtime.metrics.delivery(odd, "desk", "delivered")
    server.runtime.metrics.pipeline_seconds(odd, 0.04)

    text = server.get("/api/metrics").body.decode()

    routes = {
        sample.labels["route"]
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "route" in sample.labels
    }
    assert routes == {odd}
