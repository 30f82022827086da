"""The metrics as Prometheus reads them."""

from __future__ import annotations

from types import SimpleNamespace as Some
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from orgloop.errors import StorageUnavailable
from orgloop.http.families import FAMILIES
from orgloop.runtime.metrics import Histogram, Metrics
from orgloop.runtime.supervision import Supervision
from support.http_fakes import NOW, Queue, Shop
from support.http_wire import Server

Key = tuple[str, frozenset[tuple[str, str]]]


def read(server: Server) -> dict[Key, float]:
    """Ask for the metrics; return them by name and labels."""
    reply = server.get("/api/metrics")
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(reply.body.decode())
        for sample in family.samples
    }


def of(name: str, **labels: str) -> Key:
    return name, frozenset(labels.items())


def busy() -> Server:
    """Return a server of a runtime in which everything has happened once."""
    server = Server()
    metrics = server.runtime.metrics
    metrics.event_accepted("hook", "resource.changed")
    metrics.event_duplicate("hook")
    metrics.event_unmatched("hook")
    metrics.event_cut("hook")
    metrics.transform("dedup", "drop")
    metrics.delivery("to-desk", "desk", "delivered")
    metrics.source_error("hook")
    metrics.delivery_seconds("desk", 0.02)
    metrics.delivery_seconds("desk", 7000.0)
    metrics.pipeline_seconds("to-desk", 0.04)
    metrics.poll_seconds("hook", 0.1)
    metrics.log_commit_seconds(0.001)
    metrics.reactor_lag_seconds(0.0)
    number = {
        ("desk", "to-desk", "waiting"): 4,
        ("desk", "to-desk", "dead"): 1,
        ("desk", "to-desk", "rejected"): 1,
        ("desk", "to-desk", "held"): 2,
        ("desk", "to-desk", "inbox"): 3,
        (None, None, "dead"): 1,
        (None, None, "unmatched"): 9,
    }
    server.runtime.projects["shop"] = Shop(
        actors={
            "desk": Some(status="degraded", in_flight=2),
            "idle": Some(status="ok", in_flight=0),
        },
        sources={"hook": source(), "nightly": source(kind="scheduled", status="circuit_open")},
        queue=Queue(number=number, due={"desk": NOW + 3_600_000 - 90_500}),
    )
    server.runtime.running_loggers = {
        ("shop", "far"): Some(lost=2, trouble=None),
        ("other", "far"): Some(lost=3, trouble="it does not answer"),
    }
    server.runtime.supervision = Supervision(supervisor_pid=1, restarts=2)
    return server


def source(**changes: Any) -> Some:
    usual = {
        "status": "ok",
        "kind": "polling",
        "is_polled": True,
        "last_poll_at": NOW,
        "poll_interval_seconds": 300.0,
    }
    return Some(**usual | changes)


def test_every_metric_is_there_and_says_what_was_counted() -> None:
    samples = read(busy())

    assert samples[of("orgloop_events_total", source="hook", type="resource.changed")] == 1
    assert samples[of("orgloop_events_duplicate_total", source="hook")] == 1
    assert samples[of("orgloop_events_unmatched_total", source="hook")] == 1
    assert samples[of("orgloop_events_cut_total", source="hook")] == 1
    assert samples[of("orgloop_events_cut_total", source="desk")] == 0
    assert samples[of("orgloop_transform_total", transform="dedup", result="drop")] == 1
    assert (
        samples[of("orgloop_deliveries_total", route="to-desk", actor="desk", state="delivered")]
        == 1
    )
    assert samples[of("orgloop_source_errors_total", source="hook")] == 1
    assert samples[of("orgloop_source_errors_total", source="nightly")] == 0
    assert samples[of("orgloop_delivery_seconds_bucket", actor="desk", le="0.025")] == 1
    assert samples[of("orgloop_delivery_seconds_bucket", actor="desk", le="+Inf")] == 2
    assert samples[of("orgloop_delivery_seconds_count", actor="desk")] == 2
    assert samples[of("orgloop_delivery_seconds_sum", actor="desk")] == 7000.02
    assert samples[of("orgloop_pipeline_seconds_count", route="to-desk")] == 1
    assert samples[of("orgloop_source_poll_seconds_count", source="hook")] == 1
    assert samples[of("orgloop_log_commit_seconds_bucket", le="0.001")] == 1
    assert samples[of("orgloop_reactor_lag_seconds_count")] == 1


def test_gauges_say_how_everything_stands() -> None:
    samples = read(busy())

    assert samples[of("orgloop_queue_depth", actor="desk")] == 4
    assert samples[of("orgloop_queue_depth", actor="idle")] == 0
    assert samples[of("orgloop_queue_oldest_seconds", actor="desk")] == 90.5
    assert samples[of("orgloop_queue_oldest_seconds", actor="idle")] == 0
    assert samples[of("orgloop_in_flight", actor="desk")] == 2
    assert samples[of("orgloop_held", actor="desk")] == 2
    assert samples[of("orgloop_inbox_depth", actor="desk")] == 3
    assert samples[of("orgloop_dead_letters", actor="desk")] == 2
    assert samples[of("orgloop_dead_letters", actor="idle")] == 0
    assert samples[of("orgloop_dead_letters", actor="")] == 1
    assert samples[of("orgloop_actor_degraded", actor="desk")] == 1
    assert samples[of("orgloop_actor_degraded", actor="idle")] == 0
    assert samples[of("orgloop_source_degraded", source="hook")] == 0
    assert samples[of("orgloop_source_degraded", source="nightly")] == 1
    assert samples[of("orgloop_source_last_poll_timestamp_seconds", source="hook")] == NOW / 1000
    assert samples[of("orgloop_source_poll_interval_seconds", source="hook")] == 300
    assert of("orgloop_source_poll_interval_seconds", source="nightly") not in samples
    assert samples[of("orgloop_log_entries_lost_total", logger="far")] == 5
    assert samples[of("orgloop_logger_degraded", logger="far")] == 1


def test_gauges_say_how_the_runtime_stands() -> None:
    server = busy()
    samples = read(server)

    assert samples[of("orgloop_ready")] == 1
    assert samples[of("orgloop_storage_ok")] == 1
    assert samples[of("orgloop_disk_free_bytes")] >= 0
    assert samples[of("orgloop_supervised")] == 1
    assert samples[of("orgloop_supervisor_restarts_total")] == 2
    assert samples[of("process_start_time_seconds")] == NOW / 1000 - 5
    assert samples[of("process_cpu_seconds_total")] > 0

    server.runtime.storage_ok = False
    server.runtime.supervision = Supervision(supervisor_pid=1, is_gone=True)
    samples = read(server)

    assert samples[of("orgloop_ready")] == 0
    assert samples[of("orgloop_storage_ok")] == 0
    assert samples[of("orgloop_supervised")] == 0


def test_what_is_written_is_what_the_table_lists() -> None:
    text = busy().get("/api/metrics").body.decode()

    written = {
        (
            family.name,
            family.type,
            tuple(name for name in family.samples[0].labels if name != "le"),
        )
        for family in text_string_to_metric_families(text)
        if family.samples  # not every system tells all of a process
    }
    listed = {
        (family.name.removesuffix("_total"), family.kind, family.labels) for family in FAMILIES
    }
    assert written <= listed
    assert {name for name, _, _ in listed - written} <= {
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_max_fds",
    }


def test_a_source_that_several_projects_have_shows_its_worst() -> None:
    server = Server()
    late = source(status="degraded", last_poll_at=NOW - 60_000, poll_interval_seconds=60.0)
    server.runtime.projects["shop"] = Shop(sources={"hook": late})
    server.runtime.projects["other"] = Shop(sources={"hook": source()})

    samples = read(server)

    assert samples[of("orgloop_source_degraded", source="hook")] == 1
    assert (
        samples[of("orgloop_source_last_poll_timestamp_seconds", source="hook")] == NOW / 1000 - 60
    )
    assert samples[of("orgloop_source_poll_interval_seconds", source="hook")] == 300


def test_books_that_cannot_be_read_keep_nothing_else_from_being_told() -> None:
    server = busy()
    server.runtime.projects["shop"].queue.error = StorageUnavailable("the disk refuses")

    samples = read(server)

    assert of("orgloop_queue_oldest_seconds", actor="desk") not in samples
    assert samples[of("orgloop_queue_depth", actor="desk")] == 4


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
