"""The options of ``otel``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from attrs import frozen

from orgloop.errors import InvalidValue
from orgloop.options import option
from orgloop.sdk.requestoptions import headers_option
from orgloop.sdk.urls import base_url

Signal = Literal["traces", "metrics", "logs"]
SIGNALS: Final[tuple[Signal, ...]] = ("traces", "metrics", "logs")
# OTLP/HTTP, "Endpoint URLs for OTLP/HTTP".
_OF_A_SIGNAL = re.compile(r"/v1/(traces|metrics|logs)/?$")


def _endpoint(value: object) -> str:
    return _OF_A_SIGNAL.sub("", base_url(value, "endpoint", "http://localhost:4318")).rstrip("/")


def _attributes(value: object) -> Mapping[str, str | int | float | bool]:
    if not isinstance(value, Mapping):
        raise InvalidValue("resource_attributes is a mapping of names to values")
    for name, content in value.items():
        if not isinstance(content, (str, int, float)):
            raise InvalidValue(f"{name}: a text, a number or true or false", at=(str(name),))
    return {str(name): content for name, content in value.items()}


@frozen(kw_only=True)
class BatchOptions:
    """How much is sent together; the names are those of OpenTelemetry's batch processors."""

    max_queue_size: int = option(
        "How many spans, and how many log records, wait at most.", default=10_000, minimum=1
    )
    scheduled_delay_ms: int = option("Sent at the latest after this.", default=5_000, minimum=1)
    max_export_batch_size: int = option(
        "Sent when so many wait, and no more than that in one request.", default=512, minimum=1
    )


@frozen(kw_only=True)
class ExportOptions:
    """What is sent."""

    traces: bool = option("Whether journeys of events are sent as traces.", default=True)
    metrics: bool = option("Whether what happens is counted and sent as metrics.", default=True)
    logs: bool = option("Whether entries are sent as log records.", default=True)


@frozen(kw_only=True)
class OTelConfig:
    """Where telemetry is sent, and what it says of its origin."""

    endpoint: str = option(
        "The receiver: its base URL, or the full one of a signal (`…/v1/logs`); the others follow.",
        default="http://localhost:4318",
        convert=_endpoint,
        schema={"type": "string"},
    )
    headers: Mapping[str, str] = headers_option(
        "Headers to send along, a credential for instance. Never shown."
    )
    compression: Literal["none", "gzip"] = option(
        "How the bodies of requests are compressed.", default="none"
    )
    service_name: str = option("`service.name` of the resource.", default="orgloop")
    service_version: str | None = option(
        "`service.version` of the resource; OrgLoop's own version by default.", default=None
    )
    batch: BatchOptions = option("How much is sent together.", factory=BatchOptions)
    resource_attributes: Mapping[str, Any] = option(
        "More attributes of the resource, such as `deployment.environment.name`.",
        factory=dict,
        convert=_attributes,
        schema={
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
    )
    export: ExportOptions = option("What is sent.", factory=ExportOptions)

    def url(self, signal: Signal) -> str:
        """Return where a signal is sent."""
        return f"{self.endpoint}/v1/{signal}"
