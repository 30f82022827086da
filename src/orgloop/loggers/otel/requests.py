"""Pack spans, metrics and log records into export requests, and understand the answers."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import define, field, frozen
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from twisted.logger import Logger

from orgloop import __version__
from orgloop.logentry import LogEntry
from orgloop.loggers.otel.attributes import attributes
from orgloop.loggers.otel.config import OTelConfig, Signal
from orgloop.loggers.otel.journeys import Journey
from orgloop.loggers.otel.metrics import Reading
from orgloop.loggers.otel.records import record_of
from orgloop.loggers.otel.spans import Step, span_of
from orgloop.loggers.outbox.errors import Refused
from orgloop.loggers.outbox.posting import Post, with_content_type
from orgloop.plugin import PluginContext
from orgloop.printable import printable

# OTLP specification, "Retryable Response Codes".
_PASSING = frozenset({429, 502, 503, 504})
_MAX_SAID = 200
_GZIP_LEVEL = 6  # the default of most exporters: a good part of what there is to gain
_SCOPE = InstrumentationScope(name="orgloop", version=__version__)


@frozen
class Packing:
    """Put what is sent under the resource it comes from. Takes its time: use a thread.

    A message that is given to another one is copied with all it holds: so requests are filled from
    the outside in.
    """

    _resource: Resource
    _is_compressed: bool

    def traces(self, done: Iterable[Step | Journey]) -> bytes:
        """Return an export request."""
        request = ExportTraceServiceRequest()
        whole = request.resource_spans.add(resource=self._resource)
        whole.scope_spans.add(scope=_SCOPE).spans.extend(map(span_of, done))
        return self._packed(request)

    def logs(self, entries: Iterable[LogEntry]) -> bytes:
        """Return an export request."""
        request = ExportLogsServiceRequest()
        whole = request.resource_logs.add(resource=self._resource)
        whole.scope_logs.add(scope=_SCOPE).log_records.extend(map(record_of, entries))
        return self._packed(request)

    def metrics(self, reading: Reading) -> bytes:
        """Return an export request."""
        request = ExportMetricsServiceRequest()
        whole = request.resource_metrics.add(resource=self._resource)
        whole.scope_metrics.add(scope=_SCOPE).metrics.extend(reading.metrics())
        return self._packed(request)

    def _packed(self, request: Message) -> bytes:
        body = request.SerializeToString()
        # Without the time in its header, a batch that is sent again is the same bytes.
        return gzip.compress(body, _GZIP_LEVEL, mtime=0) if self._is_compressed else body


def packing_for(config: OTelConfig) -> Packing:
    """Return the packing that names the service as it is configured."""
    given = {
        "host.name": socket.gethostname(),
        **config.resource_attributes,
        "service.name": config.service_name,
        "service.version": config.service_version or __version__,
    }
    return Packing(Resource(attributes=attributes(given)), config.compression == "gzip")


def post_to(config: OTelConfig, context: PluginContext, signal: Signal) -> Post:
    """Return the way to the receiver of a signal."""
    return Post(
        http=context.http,
        now_ms=context.now_ms,
        url=config.url(signal),
        headers=_headers(config),
        passing=_PASSING.__contains__,
    )


def _headers(config: OTelConfig) -> Mapping[str, str]:
    headers = with_content_type(config.headers, "application/x-protobuf")
    return headers if config.compression == "none" else {**headers, "Content-Encoding": "gzip"}


@define(eq=False)
class Export:
    """Send export requests of one signal."""

    _log = Logger()

    _name: str
    _post: Post
    _rejected: Callable[[bytes], tuple[int, str]]
    _warned: str = field(default="", init=False)
    """What the receiver said last of requests that it took."""

    async def __call__(self, request: bytes) -> None:
        """Send one; raise `NotSent`, or `Refused` for what was not taken (a part, maybe)."""
        response = await self._post(request)
        try:
            count, said = self._rejected(response.body)
        except DecodeError:
            return  # it was taken: the status says so
        reason = printable(said)[:_MAX_SAID]
        if count > 0:
            raise Refused(
                f"the receiver rejects them: {reason or 'it does not say why'}", count=count
            )
        self._warn(reason)

    def _warn(self, said: str) -> None:
        """Pass on what a receiver has to say although it took everything; once, not each time."""
        if said and said != self._warned:
            self._log.warn("the receiver of {name} warns: {said}", name=self._name, said=said)
        self._warned = said or self._warned


def export_to(config: OTelConfig, context: PluginContext, signal: Signal) -> Export:
    """Return what sends a signal."""
    kinds: dict[Signal, tuple[Any, str]] = {
        "traces": (ExportTraceServiceResponse, "rejected_spans"),
        "metrics": (ExportMetricsServiceResponse, "rejected_data_points"),
        "logs": (ExportLogsServiceResponse, "rejected_log_records"),
    }
    response, rejected = kinds[signal]

    def read(body: bytes) -> tuple[int, str]:
        said = response.FromString(body).partial_success
        return getattr(said, rejected), said.error_message

    return Export(f"{context.id} ({signal})", post_to(config, context, signal), read)
