"""The otel logger: entries become traces, metrics and log records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from zope.interface import implementer

from orgloop.interfaces import IBufferingLogger
from orgloop.logentry import LogEntry
from orgloop.loggers.otel.config import OTelConfig
from orgloop.loggers.otel.journeys import Journey
from orgloop.loggers.otel.metrics import Metrics
from orgloop.loggers.otel.requests import export_to, packing_for
from orgloop.loggers.otel.spans import Step, Steps
from orgloop.loggers.outbox.errors import NotSent
from orgloop.loggers.outbox.outbox import Limits, Outbox
from orgloop.plugin import PluginContext


@implementer(IBufferingLogger)
class OTelLogger:
    """Send telemetry to a receiver of OTLP over HTTP; see `ILogger`."""

    def __init__(self, config: OTelConfig, context: PluginContext) -> None:
        self._export = config.export
        self._now_ms = context.now_ms
        self._packing = packing_for(config)
        self._steps = Steps(context.now_ms())
        self._run_in_thread = context.run_in_thread
        self._metrics = Metrics(context.now_ms())
        self._are_metrics_due = False
        self._to_traces = export_to(config, context, "traces")
        self._to_metrics = export_to(config, context, "metrics")
        self._to_logs = export_to(config, context, "logs")
        batch = config.batch
        limits = Limits(
            size=batch.max_queue_size,
            batch=min(batch.max_export_batch_size, batch.max_queue_size),
            delay_seconds=batch.scheduled_delay_ms / 1000,
        )
        # Two marks that metrics have changed: one that is being sent, one for what came since.
        mark = Limits(size=2, batch=3, delay_seconds=limits.delay_seconds)
        name, clock = context.id, context.clock
        self._traces: Outbox[Step | Journey] = Outbox(
            f"{name} (traces)", self._send_traces, clock, limits
        )
        self._logs: Outbox[LogEntry] = Outbox(f"{name} (logs)", self._send_logs, clock, limits)
        self._marks: Outbox[None] = Outbox(f"{name} (metrics)", self._send_metrics, clock, mark)

    @property
    def lost(self) -> int:
        """How many spans and log records were given up; see `IBufferingLogger`."""
        return self._traces.lost + self._logs.lost

    @property
    def trouble(self) -> str | None:
        """See `IBufferingLogger`."""
        return next((one.trouble for one in self._outboxes if one.trouble is not None), None)

    async def start(self) -> None:
        """Nothing to make ready: whether the receiver is up shows with the first batch."""

    async def write(self, entries: Sequence[LogEntry]) -> None:
        """Take entries; see `ILogger.write`."""
        if self._export.traces:
            self._traces.put([done for entry in entries for done in self._steps.of(entry)])
        if self._export.logs:
            self._logs.put(entries)
        if self._export.metrics and entries:
            self._count(entries)

    async def flush(self) -> None:
        """Send what waits; see `ILogger.flush`."""
        await self._each(outbox.flush() for outbox in self._outboxes)

    def reopen(self) -> None:
        """No file is open."""

    async def stop(self) -> None:
        """Send what waits, and the journeys so far as they have come; see `ILogger.stop`."""
        if self._export.traces:
            self._traces.put(list(self._steps.rest()))
        await self._each(outbox.stop() for outbox in self._outboxes)

    @property
    def _outboxes(self) -> Sequence[Outbox[Any]]:
        return (self._traces, self._logs, self._marks)

    def _count(self, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            self._metrics.count(entry)
        if not self._are_metrics_due:
            self._are_metrics_due = True
            self._marks.put([None])

    async def _send_traces(self, done: Sequence[Step | Journey]) -> None:
        await self._to_traces(await self._run_in_thread(self._packing.traces, done))

    async def _send_logs(self, entries: Sequence[LogEntry]) -> None:
        await self._to_logs(await self._run_in_thread(self._packing.logs, entries))

    async def _send_metrics(self, marks: Sequence[None]) -> None:
        self._are_metrics_due = False
        try:
            reading = self._metrics.read(self._now_ms())
            await self._to_metrics(await self._run_in_thread(self._packing.metrics, reading))
        except NotSent:
            self._are_metrics_due = True  # the mark waits to be sent again: it needs no other
            raise

    async def _each(self, steps: Iterable[Any]) -> None:
        # Cancelling the whole cancels each.
        await gatherResults([Deferred.fromCoroutine(step) for step in steps], consumeErrors=True)
