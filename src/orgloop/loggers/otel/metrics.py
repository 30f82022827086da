"""Count what entries tell of, and write it as metrics that add up since the logger began."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

from attrs import define, evolve, field, frozen
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    Sum,
)

from orgloop.logentry import LogEntry
from orgloop.loggers.otel.attributes import NANOSECONDS, attributes
from orgloop.loggers.otel.spans import ends_attempt

T = TypeVar("T")
# The default of the SDK specification's explicit bucket histogram, in milliseconds here.
_BOUNDS: Final = (0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000)
# The SDK specification's limit for one metric; what is beyond is counted together.
_MAX_SERIES: Final = 2000
_CUMULATIVE: Final = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
Labels = tuple[tuple[str, str | bool | None], ...]
_OVERFLOW: Labels = (("otel.metric.overflow", True),)


@define(eq=False)
class _Durations:
    """How long things took: how many, all together, and how many in each bucket."""

    count: int = 0
    total: float = 0.0
    buckets: list[int] = field(factory=lambda: [0] * (len(_BOUNDS) + 1))

    def add(self, milliseconds: float) -> None:
        self.count += 1
        self.total += milliseconds
        self.buckets[bisect_left(_BOUNDS, milliseconds)] += 1

    def copy(self) -> _Durations:
        return evolve(self, buckets=self.buckets.copy())


@define(eq=False)
class Metrics:
    """Three metrics: entries by phase, how long attempts took, how many deliveries wait."""

    _began_at: int
    """Milliseconds since the epoch."""
    _entries: dict[Labels, int] = field(factory=dict, init=False)
    _durations: dict[Labels, _Durations] = field(factory=dict, init=False)
    _waiting: dict[Labels, int] = field(factory=dict, init=False)

    def count(self, entry: LogEntry) -> None:
        """Take notice of an entry."""
        labels = _labels(entry, "phase", "project", "source", "route", "target")
        key = _series(self._entries, labels)
        self._entries[key] = self._entries.get(key, 0) + 1
        if ends_attempt(entry) and entry.duration_ms is not None:
            labels = _labels(entry, "phase", "project", "route", "target")
            key = _series(self._durations, labels)
            self._durations.setdefault(key, _Durations()).add(entry.duration_ms)
        if entry.queue_depth is not None:
            key = _series(self._waiting, _labels(entry, "project", "target"))
            self._waiting[key] = entry.queue_depth

    def read(self, now_ms: int) -> Reading:
        """Return what has been counted so far; counting goes on meanwhile."""
        return Reading(
            self._began_at * NANOSECONDS,
            now_ms * NANOSECONDS,
            self._entries.copy(),
            {labels: durations.copy() for labels, durations in self._durations.items()},
            self._waiting.copy(),
        )


@frozen
class Reading:
    """What had been counted at one moment."""

    _begin: int
    """Nanoseconds since the epoch."""
    _now: int
    _entries: Mapping[Labels, int]
    _durations: Mapping[Labels, _Durations]
    _waiting: Mapping[Labels, int]

    def metrics(self) -> Iterator[Metric]:
        """Yield the metrics that have a value. Takes its time: use a thread."""
        if self._entries:
            yield self._entries_metric()
        if self._durations:
            yield self._durations_metric()
        if self._waiting:
            yield self._waiting_metric()

    def _entries_metric(self) -> Metric:
        points = [
            NumberDataPoint(
                start_time_unix_nano=self._begin,
                time_unix_nano=self._now,
                as_int=count,
                attributes=attributes(dict(labels)),
            )
            for labels, count in self._entries.items()
        ]
        return Metric(
            name="orgloop.entries",
            description="What happened, by phase.",
            unit="{entry}",
            sum=Sum(data_points=points, is_monotonic=True, aggregation_temporality=_CUMULATIVE),
        )

    def _durations_metric(self) -> Metric:
        points = [
            HistogramDataPoint(
                start_time_unix_nano=self._begin,
                time_unix_nano=self._now,
                count=durations.count,
                sum=durations.total,
                explicit_bounds=_BOUNDS,
                bucket_counts=durations.buckets,
                attributes=attributes(dict(labels)),
            )
            for labels, durations in self._durations.items()
        ]
        return Metric(
            name="orgloop.delivery.duration",
            description="How long attempts at deliveries took.",
            unit="ms",
            histogram=Histogram(data_points=points, aggregation_temporality=_CUMULATIVE),
        )

    def _waiting_metric(self) -> Metric:
        points = [
            NumberDataPoint(
                time_unix_nano=self._now, as_int=depth, attributes=attributes(dict(labels))
            )
            for labels, depth in self._waiting.items()
        ]
        return Metric(
            name="orgloop.queue.depth",
            description="How many deliveries waited for an actor when that was last told.",
            unit="{delivery}",
            gauge=Gauge(data_points=points),
        )


def _labels(entry: LogEntry, *names: str) -> Labels:
    return tuple((f"orgloop.{name}", getattr(entry, name)) for name in names)


def _series(known: dict[Labels, T], labels: Labels) -> Labels:
    return labels if labels in known or len(known) < _MAX_SERIES - 1 else _OVERFLOW
