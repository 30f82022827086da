"""Count what happens, at a cost that does not show.

Plain dictionaries; the exposition format is made from them when somebody asks
(`orgloop.http.exposition`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

# Upper bounds in seconds: from a commit on a fast disk to an agent's session.
FAST: Sequence[float] = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
SLOW: Sequence[float] = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 600, 3600)


class Histogram:
    """Observations sorted into buckets with fixed upper bounds; the last has none."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Add one observation."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def copy(self) -> Histogram:
        """Return what was observed so far."""
        copy = Histogram(self.bounds)
        copy.counts, copy.total = list(self.counts), self.total
        return copy


def _slow() -> Histogram:
    return Histogram(SLOW)


def _copied(value: Any) -> Any:
    copy = value.copy()
    if isinstance(copy, defaultdict):
        for label, histogram in copy.items():
            copy[label] = histogram.copy()
    return copy


class Metrics:
    """The counters and histograms of one runtime. Labels come from configuration: they are few."""

    def __init__(self) -> None:
        self.events: Counter[tuple[str, str]] = Counter()
        """By source and type."""
        self.duplicates: Counter[str] = Counter()
        """By source."""
        self.unmatched: Counter[str] = Counter()
        """By source."""
        self.cut: Counter[str] = Counter()
        """By source."""
        self.transforms: Counter[tuple[str, str]] = Counter()
        """By transform and result."""
        self.deliveries: Counter[tuple[str, str, str]] = Counter()
        """By route, actor and state."""
        self.source_errors: Counter[str] = Counter()
        """By source."""
        self.delivery_times: defaultdict[str, Histogram] = defaultdict(_slow)
        """By actor."""
        self.pipeline_times: defaultdict[str, Histogram] = defaultdict(_slow)
        """By route."""
        self.poll_times: defaultdict[str, Histogram] = defaultdict(_slow)
        """By source."""
        self.commit_times = Histogram(FAST)
        self.reactor_lag = Histogram(FAST)

    def copy(self) -> Metrics:
        """Return the counts of this moment, for another thread to read."""
        copy = Metrics()
        for name, value in vars(self).items():
            setattr(copy, name, _copied(value))
        return copy

    def event_accepted(self, source: str, type: str) -> None:
        """Count an event that is new and durable."""
        self.events[source, type] += 1

    def event_duplicate(self, source: str) -> None:
        """Count an event that was known already."""
        self.duplicates[source] += 1

    def event_unmatched(self, source: str) -> None:
        """Count an event that no route wanted."""
        self.unmatched[source] += 1

    def event_cut(self, source: str) -> None:
        """Count an event that the loop guard did not route."""
        self.cut[source] += 1

    def transform(self, transform: str, result: str) -> None:
        """Count one verdict of a transform."""
        self.transforms[transform, result] += 1

    def delivery(self, route: str, actor: str, state: str) -> None:
        """Count a delivery that settled."""
        self.deliveries[route, actor, state] += 1

    def source_error(self, source: str) -> None:
        """Count a poll or a webhook that its source failed at."""
        self.source_errors[source] += 1

    def delivery_seconds(self, actor: str, seconds: float) -> None:
        """Note how long an attempt took."""
        self.delivery_times[actor].observe(seconds)

    def pipeline_seconds(self, route: str, seconds: float) -> None:
        """Note how long it took from acceptance to settlement."""
        self.pipeline_times[route].observe(seconds)

    def poll_seconds(self, source: str, seconds: float) -> None:
        """Note how long a poll took."""
        self.poll_times[source].observe(seconds)

    def log_commit_seconds(self, seconds: float) -> None:
        """Note how long a commit of the event log took."""
        self.commit_times.observe(seconds)

    def reactor_lag_seconds(self, seconds: float) -> None:
        """Note how late the reactor came to something that was due."""
        self.reactor_lag.observe(seconds)
