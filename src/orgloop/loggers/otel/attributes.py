"""Write what an entry holds as attributes of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from orgloop.logentry import LogEntry, as_json

NANOSECONDS: Final = 1_000_000
"""In a millisecond."""
_MAX_TEXT = 4096


def attributes(values: Mapping[str, Any]) -> list[KeyValue]:
    """Return attributes, those aside whose value is `None`."""
    return [_attribute(name, value) for name, value in values.items() if value is not None]


def entry_attributes(entry: LogEntry) -> list[KeyValue]:
    """Return everything an entry holds, as ``orgloop.<field>``."""
    return [
        _attribute(f"orgloop.{name}", as_json(value).decode() if name == "metadata" else value)
        for name, value in entry.given()
    ]


def as_text(value: object) -> str:
    """Return a text of bounded length that can be written as UTF-8: anything else is refused."""
    text = str(value)[:_MAX_TEXT]
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _attribute(name: str, value: object) -> KeyValue:
    if isinstance(value, str):
        return _text_attribute(name, value)
    return KeyValue(key=as_text(name), value=_value(value))


# Entries name the same few sources, routes and actors, and ids recur within a batch. Whatever is
# given such an attribute copies it.
@lru_cache(maxsize=1024)
def _text_attribute(name: str, text: str) -> KeyValue:
    return KeyValue(key=as_text(name), value=_value(text))


def _value(value: object) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int) and abs(value) < 2**63:
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=as_text(value))
