"""Write what an entry holds as attributes of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from orgloop.logentry import LogEntry

NANOSECONDS: Final = 1_000_000
"""In a millisecond."""
_FIELDS: Final = (
    "phase",
    "project",
    "event_id",
    "trace_id",
    "source",
    "target",
    "route",
    "transform",
    "event_type",
    "duration_ms",
    "queue_depth",
    "attempt",
    "result",
    "error",
)
_MAX_TEXT = 4096


def attributes(values: Mapping[str, Any]) -> Iterator[KeyValue]:
    """Yield attributes, those aside whose value is `None`."""
    for name, value in values.items():
        if value is not None:
            yield KeyValue(key=as_text(name), value=_value(value))


def entry_attributes(entry: LogEntry) -> Iterator[KeyValue]:
    """Yield everything an entry holds, as ``orgloop.<field>``."""
    given = {f"orgloop.{name}": getattr(entry, name) for name in _FIELDS}
    if entry.metadata:
        given["orgloop.metadata"] = _json(entry.metadata)
    return attributes(given)


def as_text(value: object) -> str:
    """Return a text of bounded length that can be written as UTF-8: anything else is refused."""
    return str(value)[:_MAX_TEXT].encode("utf-8", "backslashreplace").decode()


def _value(value: object) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int) and abs(value) < 2**63:
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=as_text(value))


def _json(metadata: object) -> str:
    try:
        return orjson.dumps(metadata, default=str).decode()
    except orjson.JSONEncodeError:
        return str(metadata)
