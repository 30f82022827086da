"""Show the runtime's metrics to Prometheus, when it asks."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Mapping

from attrs import frozen

import orgloop
from orgloop.delivery import DeliveryState
from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.prometheus import CONTENT_TYPE, Series, histograms, samples
from orgloop.http.view import Runtime
from orgloop.runtime.metrics import Metrics


@frozen
class Exposition:
    """``GET /api/metrics``."""

    _runtime: Runtime

    async def text(self, call: Call) -> Answer:
        """Answer all metrics. They are written beside the reactor: there may be many routes."""
        text = await self._runtime.run_in_thread(_Moment.written, _Moment.of(self._runtime))
        return Answer(text, content_type=CONTENT_TYPE)


@frozen
class _Moment:
    """The metrics of one moment. Shares nothing with the flow."""

    _metrics: Metrics
    _depth: Mapping[str, int]
    """Of each actor's queue."""
    _degraded: Mapping[str, int]
    """1 for each actor that is away, 0 for the others."""
    _lost: Mapping[str, int]
    """Log entries, by logger."""

    @classmethod
    def of(cls, runtime: Runtime) -> _Moment:
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
        lost: Counter[str] = Counter()
        for (_, name), logger in runtime.loggers().items():
            lost[name] += logger.lost
        return cls(runtime.metrics.copy(), depth, degraded, lost)

    def written(self) -> bytes:
        """Return all of it as text."""
        return "".join([*self._counters(), *self._histograms(), *self._gauges()]).encode()

    def _counters(self) -> Iterator[str]:
        metrics = self._metrics
        yield from samples(
            "counter",
            "orgloop_events_total",
            "Events accepted.",
            ("source", "type"),
            metrics.events.items(),
        )
        yield from samples(
            "counter",
            "orgloop_events_duplicate_total",
            "Events that were known already.",
            ("source",),
            _single(metrics.duplicates),
        )
        yield from samples(
            "counter",
            "orgloop_events_unmatched_total",
            "Events that no route wanted.",
            ("source",),
            _single(metrics.unmatched),
        )
        yield from samples(
            "counter",
            "orgloop_transform_total",
            "Verdicts of transforms.",
            ("transform", "result"),
            metrics.transforms.items(),
        )
        yield from samples(
            "counter",
            "orgloop_deliveries_total",
            "Deliveries settled.",
            ("route", "actor", "state"),
            metrics.deliveries.items(),
        )
        yield from samples(
            "counter",
            "orgloop_source_errors_total",
            "Polls and webhooks that failed.",
            ("source",),
            _single(metrics.source_errors),
        )
        yield from samples(
            "counter",
            "orgloop_log_entries_lost_total",
            "Log entries that a logger will never write.",
            ("logger",),
            _single(self._lost),
        )

    def _histograms(self) -> Iterator[str]:
        metrics = self._metrics
        yield from histograms(
            "orgloop_delivery_seconds", "How long attempts take.", "actor", metrics.delivery_times
        )
        yield from histograms(
            "orgloop_pipeline_seconds",
            "From acceptance to settlement.",
            "route",
            metrics.pipeline_times,
        )
        yield from histograms(
            "orgloop_source_poll_seconds", "How long polls take.", "source", metrics.poll_times
        )
        yield from histograms(
            "orgloop_log_commit_seconds",
            "How long commits of the event log take.",
            None,
            {"": metrics.commit_times},
        )
        yield from histograms(
            "orgloop_reactor_lag_seconds",
            "How late the reactor comes to what is due.",
            None,
            {"": metrics.reactor_lag},
        )

    def _gauges(self) -> Iterator[str]:
        yield from samples(
            "gauge",
            "orgloop_queue_depth",
            "Deliveries that wait.",
            ("actor",),
            _single(self._depth),
        )
        yield from samples(
            "gauge",
            "orgloop_actor_degraded",
            "1 while the actor is away.",
            ("actor",),
            _single(self._degraded),
        )
        build = (orgloop.__version__, platform.python_version())
        yield from samples(
            "gauge", "orgloop_build_info", "What runs.", ("version", "python"), [(build, 1)]
        )


def _single(counts: Mapping[str, int]) -> Series:
    return (((label,), count) for label, count in counts.items())
