"""Make log records of entries."""

from __future__ import annotations

from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber

from orgloop.logentry import LogEntry
from orgloop.loggers.otel.attributes import NANOSECONDS, as_text, entry_attributes
from orgloop.loggers.otel.identity import root_id_of, trace_id_of
from orgloop.loggers.wording import word, words_of

_SEVERITY: Final = {
    "debug": SeverityNumber.SEVERITY_NUMBER_DEBUG,
    "info": SeverityNumber.SEVERITY_NUMBER_INFO,
    "warn": SeverityNumber.SEVERITY_NUMBER_WARN,
    "error": SeverityNumber.SEVERITY_NUMBER_ERROR,
}


def record_of(entry: LogEntry) -> LogRecord:
    """Return an entry as a log record, which belongs to the trace of its event."""
    words = [entry.phase, *words_of(entry)]
    if entry.error is not None:
        words.append(f"error={word(entry.error)}")
    time = entry.timestamp * NANOSECONDS
    return LogRecord(
        time_unix_nano=time,
        observed_time_unix_nano=time,
        severity_number=_SEVERITY[entry.level],
        severity_text=entry.level.upper(),
        event_name=f"orgloop.{entry.phase}",
        body=AnyValue(string_value=as_text(" ".join(words))),
        attributes=entry_attributes(entry),
        trace_id=b"" if entry.event_id is None else trace_id_of(entry),
        span_id=b"" if entry.event_id is None else root_id_of(entry),
    )
