"""Every metric there is, in one table: the exposition and its page are both made from it."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from attrs import field, frozen

import orgloop
from orgloop.delivery import DEAD_LETTERS, DeliveryState
from orgloop.http.moment import Moment, by_one_label, known
from orgloop.http.prometheus import Series, histograms, samples
from orgloop.runtime.metrics import Histogram


@frozen
class Family:
    """One metric, with all its labels."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    text: str
    write: Callable[[Moment], Iterator[str]] = field(repr=False)
    """Write the metric as it was at a moment."""


def _numbers(
    kind: Literal["counter", "gauge"],
    name: str,
    labels: tuple[str, ...],
    text: str,
    of: Callable[[Moment], Series],
) -> Family:
    return Family(
        name, kind, labels, text, lambda moment: samples(kind, name, text, labels, of(moment))
    )


def _counter(
    name: str, labels: tuple[str, ...], text: str, of: Callable[[Moment], Series]
) -> Family:
    return _numbers("counter", name, labels, text, of)


def _gauge(name: str, labels: tuple[str, ...], text: str, of: Callable[[Moment], Series]) -> Family:
    return _numbers("gauge", name, labels, text, of)


def _histogram(
    name: str, label: str | None, text: str, of: Callable[[Moment], Mapping[str, Histogram]]
) -> Family:
    labels = () if label is None else (label,)
    return Family(
        name, "histogram", labels, text, lambda moment: histograms(name, text, label, of(moment))
    )


def _process(kind: Literal["counter", "gauge"], name: str, text: str) -> Family:
    return _numbers(kind, name, (), text, lambda moment: moment.process(name))


_EVENTS = (
    _counter(
        "orgloop_events_total",
        ("source", "type"),
        "Events accepted.",
        lambda moment: moment.metrics.events.items(),
    ),
    _counter(
        "orgloop_events_duplicate_total",
        ("source",),
        "Events that were known already.",
        lambda moment: by_one_label(moment.sources | moment.metrics.duplicates),
    ),
    _counter(
        "orgloop_events_unmatched_total",
        ("source",),
        "Events that no route wanted.",
        lambda moment: by_one_label(moment.sources | moment.metrics.unmatched),
    ),
    _counter(
        "orgloop_events_cut_total",
        ("source",),
        "Events that were not routed because they are too deep in a loop.",
        lambda moment: by_one_label(moment.reporters | moment.metrics.cut),
    ),
    _counter(
        "orgloop_transform_total",
        ("transform", "result"),
        "Verdicts of transforms.",
        lambda moment: moment.metrics.transforms.items(),
    ),
    _histogram(
        "orgloop_pipeline_seconds",
        "route",
        "From the acceptance of an event to the settlement of its delivery.",
        lambda moment: moment.metrics.pipeline_times,
    ),
)
_SOURCES = (
    _counter(
        "orgloop_source_errors_total",
        ("source",),
        "Polls and webhooks that failed.",
        lambda moment: by_one_label(moment.sources | moment.metrics.source_errors),
    ),
    _histogram(
        "orgloop_source_poll_seconds",
        "source",
        "How long polls take that go well.",
        lambda moment: moment.metrics.poll_times,
    ),
    _gauge(
        "orgloop_source_degraded",
        ("source",),
        "1 while the source cannot start, or fails again and again.",
        lambda moment: by_one_label(moment.degraded_sources),
    ),
    _gauge(
        "orgloop_source_last_poll_timestamp_seconds",
        ("source",),
        "When the last poll went well that did, in seconds since 1970.",
        lambda moment: by_one_label(moment.last_polls),
    ),
    _gauge(
        "orgloop_source_poll_interval_seconds",
        ("source",),
        "How often the source is polled; not of those that have a schedule.",
        lambda moment: by_one_label(moment.poll_intervals),
    ),
)
_ACTORS = (
    _counter(
        "orgloop_deliveries_total",
        ("route", "actor", "state"),
        "Deliveries settled, by how they ended.",
        lambda moment: moment.metrics.deliveries.items(),
    ),
    _histogram(
        "orgloop_delivery_seconds",
        "actor",
        "How long attempts take.",
        lambda moment: moment.metrics.delivery_times,
    ),
    _gauge(
        "orgloop_queue_depth",
        ("actor",),
        "Deliveries that wait.",
        lambda moment: moment.deliveries([DeliveryState.WAITING]),
    ),
    _gauge(
        "orgloop_queue_oldest_seconds",
        ("actor",),
        "For how long the delivery that waits longest has been due; 0 if none is.",
        lambda moment: by_one_label(moment.overdue),
    ),
    _gauge(
        "orgloop_in_flight",
        ("actor",),
        "Attempts under way.",
        lambda moment: by_one_label(moment.in_flight),
    ),
    _gauge(
        "orgloop_inbox_depth",
        ("actor",),
        "Deliveries that lie in inboxes.",
        lambda moment: moment.deliveries([DeliveryState.INBOX]),
    ),
    _gauge(
        "orgloop_held",
        ("actor",),
        "Deliveries that wait for a person to release them.",
        lambda moment: moment.deliveries([DeliveryState.HELD]),
    ),
    _gauge(
        "orgloop_dead_letters",
        ("actor",),
        "Deliveries that failed for good and are kept; without an actor those of damaged events.",
        lambda moment: moment.deliveries(DEAD_LETTERS),
    ),
    _gauge(
        "orgloop_actor_degraded",
        ("actor",),
        "1 while the actor cannot work, and its deliveries wait.",
        lambda moment: by_one_label(moment.degraded_actors),
    ),
)
_LOGGERS = (
    _counter(
        "orgloop_log_entries_lost_total",
        ("logger",),
        "Log entries that a logger will never write.",
        lambda moment: by_one_label(moment.lost),
    ),
    _gauge(
        "orgloop_logger_degraded",
        ("logger",),
        "1 while nothing that the logger is given gets where it belongs.",
        lambda moment: by_one_label(moment.degraded_loggers),
    ),
)
_RUNTIME = (
    _gauge(
        "orgloop_ready",
        (),
        "1 while /health/ready answers 200.",
        lambda moment: known(moment.is_ready),
    ),
    _gauge(
        "orgloop_storage_ok",
        (),
        "0 while the disk refuses what must be kept.",
        lambda moment: known(moment.is_storage_ok),
    ),
    _gauge(
        "orgloop_disk_free_bytes",
        (),
        "What the disk of the home has left.",
        Moment.free_bytes,
    ),
    _histogram(
        "orgloop_log_commit_seconds",
        None,
        "How long commits of the event log take, until they are on the disk.",
        lambda moment: {"": moment.metrics.commit_times},
    ),
    _histogram(
        "orgloop_reactor_lag_seconds",
        None,
        "How late the reactor comes to what is due.",
        lambda moment: {"": moment.metrics.reactor_lag},
    ),
    _gauge(
        "orgloop_supervised",
        (),
        "1 while a supervisor watches, 0 if it has died; absent if there never was one.",
        lambda moment: known(moment.is_supervised),
    ),
    _counter(
        "orgloop_supervisor_restarts_total",
        (),
        "How often the supervisor has started a runtime again.",
        lambda moment: known(moment.restarts),
    ),
    _gauge(
        "orgloop_build_info",
        ("version", "python"),
        "Always 1; what runs is in the labels.",
        lambda moment: [((orgloop.__version__, platform.python_version()), 1)],
    ),
)
_PROCESS = (
    _gauge(
        "process_start_time_seconds",
        (),
        "When the runtime began, in seconds since 1970.",
        lambda moment: known(moment.began_at),
    ),
    _process("counter", "process_cpu_seconds_total", "CPU time spent."),
    _process("gauge", "process_resident_memory_bytes", "Memory in use."),
    _process("gauge", "process_open_fds", "Files and connections that are open."),
    _process("gauge", "process_max_fds", "How many may be open."),
)
GROUPS: Mapping[str, tuple[Family, ...]] = {
    "Events": _EVENTS,
    "Sources": _SOURCES,
    "Actors": _ACTORS,
    "Loggers": _LOGGERS,
    "Runtime": _RUNTIME,
    "Process": _PROCESS,
}
"""The metrics by what they are about, in the order of their page."""
FAMILIES = tuple(family for group in GROUPS.values() for family in group)
