"""A receiver of OTLP over HTTP on loopback: it parses what it is sent, as a collector does."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from google.protobuf.message import DecodeError
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
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from orgloop.testing.httpserver import Answer, ReceivedRequest, ScriptedHTTPServer

TYPE: Final = "application/x-protobuf"
_KINDS: Final[Mapping[str, tuple[Any, Any]]] = {
    "/v1/traces": (ExportTraceServiceRequest, ExportTraceServiceResponse),
    "/v1/metrics": (ExportMetricsServiceRequest, ExportMetricsServiceResponse),
    "/v1/logs": (ExportLogsServiceRequest, ExportLogsServiceResponse),
}


class OTLPStandIn:
    """A real receiver on ``127.0.0.1`` and a port of its own.

    What it took stands in ``spans``, ``records`` and ``metrics`` (the latest of each name), and
    where it came from in ``resource``. ``http`` is the server underneath: its script answers the
    next requests otherwise, and what is answered so is not taken. With ``token``, requests must
    carry it as a bearer.
    """

    def __init__(self, *, token: str | None = None) -> None:
        self.spans: list[Span] = []
        self.records: list[LogRecord] = []
        self.metrics: dict[str, Metric] = {}
        self.resource: Mapping[str, Any] = {}
        self.http = ScriptedHTTPServer(self._answer)
        self._token = token

    def start(self, reactor: Any, port: int = 0) -> None:
        """Listen; ``port`` is for a receiver that comes back where it was."""
        self.http.start(reactor, port)

    @property
    def endpoint(self) -> str:
        return self.http.url("").rstrip("/")

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        await self.http.stop()

    def named(self, name: str) -> Sequence[Span]:
        """Return the spans of a name."""
        return [span for span in self.spans if span.name == name]

    def _answer(self, request: ReceivedRequest) -> Answer:
        kind = _KINDS.get(request.path)
        if kind is None or request.method != "POST":
            return Answer(status=404)
        if self._token and request.headers.get("authorization") != f"Bearer {self._token}":
            return Answer(status=401)
        if request.headers.get("content-type") != TYPE:
            return Answer(status=415)
        try:
            parsed = kind[0].FromString(_plain_body(request))
        except (DecodeError, OSError, EOFError, zlib.error):
            return Answer(status=400)
        self._take(parsed)
        return Answer(headers={"Content-Type": TYPE}, body=kind[1]().SerializeToString())

    def _take(self, request: Any) -> None:
        if isinstance(request, ExportTraceServiceRequest):
            for spans in request.resource_spans:
                self.resource = values(spans.resource.attributes)
                self.spans += [span for scope in spans.scope_spans for span in scope.spans]
        elif isinstance(request, ExportLogsServiceRequest):
            for logs in request.resource_logs:
                self.resource = values(logs.resource.attributes)
                self.records += [one for scope in logs.scope_logs for one in scope.log_records]
        else:
            for metrics in request.resource_metrics:
                self.resource = values(metrics.resource.attributes)
                for scope in metrics.scope_metrics:
                    self.metrics |= {metric.name: metric for metric in scope.metrics}


def _plain_body(request: ReceivedRequest) -> bytes:
    is_compressed = request.headers.get("content-encoding") == "gzip"
    return gzip.decompress(request.body) if is_compressed else request.body


def partial_success(path: str, rejected: int, message: str = "") -> Answer:
    """Return the answer of a receiver that takes all but ``rejected`` of what it is sent."""
    response = _KINDS[path][1]()
    field = {
        "/v1/traces": "rejected_spans",
        "/v1/metrics": "rejected_data_points",
        "/v1/logs": "rejected_log_records",
    }[path]
    setattr(response.partial_success, field, rejected)
    response.partial_success.error_message = message
    return Answer(headers={"Content-Type": TYPE}, body=response.SerializeToString())


def values(attributes: Sequence[KeyValue]) -> Mapping[str, Any]:
    """Return attributes as an ordinary mapping."""
    return {one.key: _plain(one.value) for one in attributes}


def _plain(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return None if kind is None else getattr(value, kind)
