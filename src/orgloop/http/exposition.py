"""Write the runtime's metrics in the text format of Prometheus, when somebody asks."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import frozen

import orgloop
from orgloop.delivery import DeliveryState
from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.view import Runtime
from orgloop.runtime.metrics import Histogram, Metrics

if TYPE_CHECKING:
    from prometheus_client.core import Metric

Series = tuple[tuple[str, ...], float]


@frozen
class Exposition:
    """``GET /api/metrics``."""

    _runtime: Runtime

    async def text(self, call: Call) -> Answer:
        """Answer all metrics.

        To write those of thousands of routes takes a second: it is done beside the reactor, from a
        copy.
        """
        return await self._runtime.run_in_thread(_written, _Collector.of(self._runtime))


def _written(collector: _Collector) -> Answer:
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return Answer(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4.encode("ascii"))


@frozen(eq=False)
class _Collector:
    """What `prometheus_client` asks for the metrics of one moment. Shares nothing with the flow."""

    _metrics: Metrics
    _depth: Mapping[str, int]
    """Of each actor's queue."""
    _degraded: Mapping[str, int]
    """1 for each actor that is away, 0 for the others."""

    @classmethod
    def of(cls, runtime: Runtime) -> _Collector:
        """Copy what is known now."""
        depth: Counter[str] = Counter()
        degraded: Counter[str] = Counter()
        for project in runtime.projects.values():
            for name, actor in project.actors.items():
                depth[name] += 0
                degraded[name] |= actor.status != "ok"
            for (waiting_for, _, state), count in project.queue.counts().items():
                if state == DeliveryState.WAITING and waiting_for is not None:
                    depth[waiting_for] += count
        return cls(runtime.metrics.copy(), depth, degraded)

    def describe(self) -> Iterable[Metric]:
        """Say nothing beforehand: the registry is made for one answer."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Return every metric."""
        yield from self._counters()
        yield from self._histograms()
        yield from self._gauges()

    def _counters(self) -> Iterator[Metric]:
        metrics = self._metrics
        yield _counter(
            "orgloop_events", "Events accepted.", ("source", "type"), metrics.events.items()
        )
        yield _counter(
            "orgloop_events_duplicate",
            "Events that were known already.",
            ("source",),
            _single(metrics.duplicates),
        )
        yield _counter(
            "orgloop_events_unmatched",
            "Events that no route wanted.",
            ("source",),
            _single(metrics.unmatched),
        )
        yield _counter(
            "orgloop_transform",
            "Verdicts of transforms.",
            ("transform", "result"),
            metrics.transforms.items(),
        )
        yield _counter(
            "orgloop_deliveries",
            "Deliveries settled.",
            ("route", "actor", "state"),
            metrics.deliveries.items(),
        )
        yield _counter(
            "orgloop_source_errors",
            "Polls and webhooks that failed.",
            ("source",),
            _single(metrics.source_errors),
        )

    def _histograms(self) -> Iterator[Metric]:
        metrics = self._metrics
        yield _histogram(
            "orgloop_delivery_seconds", "How long attempts take.", "actor", metrics.delivery_times
        )
        yield _histogram(
            "orgloop_pipeline_seconds",
            "From acceptance to settlement.",
            "route",
            metrics.pipeline_times,
        )
        yield _histogram(
            "orgloop_source_poll_seconds", "How long polls take.", "source", metrics.poll_times
        )
        yield _histogram(
            "orgloop_log_commit_seconds",
            "How long commits of the event log take.",
            None,
            {"": metrics.commit_times},
        )
        yield _histogram(
            "orgloop_reactor_lag_seconds",
            "How late the reactor comes to what is due.",
            None,
            {"": metrics.reactor_lag},
        )

    def _gauges(self) -> Iterator[Metric]:
        yield _gauge(
            "orgloop_queue_depth", "Deliveries that wait.", ("actor",), _single(self._depth)
        )
        yield _gauge(
            "orgloop_actor_degraded",
            "1 while the actor is away.",
            ("actor",),
            _single(self._degraded),
        )
        build = (orgloop.__version__, platform.python_version())
        yield _gauge("orgloop_build_info", "What runs.", ("version", "python"), [(build, 1)])


def _single(counts: Mapping[str, int]) -> Iterator[Series]:
    return (((label,), count) for label, count in counts.items())


def _counter(name: str, text: str, labels: tuple[str, ...], series: Iterable[Series]) -> Metric:
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(name, text, labels=labels)
    for values, count in series:
        family.add_metric(values, count)
    return family


def _gauge(name: str, text: str, labels: tuple[str, ...], series: Iterable[Series]) -> Metric:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in series:
        family.add_metric(values, value)
    return family


def _histogram(
    name: str, text: str, label: str | None, histograms: Mapping[str, Histogram]
) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(name, text, labels=[label] if label else [])
    for value, histogram in histograms.items():
        family.add_metric([value] if label else [], list(_buckets(histogram)), histogram.total)
    return family


def _buckets(histogram: Histogram) -> Iterator[tuple[str, float]]:
    """Return what was at most each bound, as the format wants it."""
    so_far = 0
    for bound, count in zip((*histogram.bounds, None), histogram.counts, strict=True):
        so_far += count
        yield "+Inf" if bound is None else str(float(bound)), so_far
