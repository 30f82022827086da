"""Write what an entry holds as attributes of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from orgloop.logentry import LogEntry
from orgloop.loggers.entryjson import as_json

NANOSECONDS: Final = 1_000_000
"""In a millisecond."""
_MAX_TEXT = 4096


def attributes(values: Mapping[str, Any]) -> Iterator[KeyValue]:
    """Yield attributes, those aside whose value is `None`."""
    for name, value in values.items():
        if value is not None:
            yield KeyValue(key=as_text(name), value=_value(value))


def entry_attributes(entry: LogEntry) -> Iterator[KeyValue]:
    """Yield everything an entry holds, as ``orgloop.<field>``."""
    given = {f"orgloop.{name}": value for name, value in entry.given()}
    if entry.metadata is not None:
        given["orgloop.metadata"] = as_json(entry.metadata).decode()
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
