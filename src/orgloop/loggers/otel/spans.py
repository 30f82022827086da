"""Make spans of entries: one trace per event, its journey the root, each step a child."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import define, field, frozen
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from orgloop.logentry import LogEntry
from orgloop.loggers.otel.attributes import NANOSECONDS, as_text, attributes, entry_attributes
from orgloop.loggers.otel.identity import child_id, root_id_of, trace_id_of
from orgloop.loggers.otel.journeys import Journey, Journeys

_TRANSFORMED = frozenset(
    {
        "transform.pass",
        "transform.drop",
        "transform.error",
        "transform.error_drop",
        "transform.error_halt",
    }
)
# How an attempt ends; `deliver.failure` says the same as the `retry` or `dead` that follows it.
_ATTEMPT_ENDS = frozenset(
    {"deliver.success", "deliver.retry", "deliver.rejected", "deliver.skipped"}
)


@frozen
class Step:
    """One step of a journey that is done."""

    entry: LogEntry
    name: str
    id: bytes


@define(eq=False)
class Steps:
    """Say of each entry what is complete with it, in so little time that the flow may wait."""

    _run: int
    """When this run began, so that no two runs name two spans alike."""
    _journeys: Journeys = field(factory=Journeys, init=False)
    _number: int = field(default=0, init=False)

    def of(self, entry: LogEntry) -> Iterator[Step | Journey]:
        """Yield the step that an entry is about, and what journey is over with it."""
        name = _name(entry)
        if name is not None:
            self._number += 1
            yield Step(entry, name, child_id(entry, self._run, self._number))
        yield from self._journeys.follow(entry)

    def rest(self) -> Iterator[Journey]:
        """Yield the journeys that this run will not see the end of."""
        return self._journeys.give_up()


def span_of(done: Step | Journey) -> Span:
    """Return the span of what is complete; the same each time."""
    return _root(done) if isinstance(done, Journey) else _child(done)


def _child(step: Step) -> Span:
    entry = step.entry
    end = entry.timestamp * NANOSECONDS
    took = round(max(0.0, entry.duration_ms or 0.0) * NANOSECONDS)
    return Span(
        trace_id=trace_id_of(entry),
        span_id=step.id,
        parent_span_id=root_id_of(entry),
        name=as_text(step.name),
        kind=_kind(entry),
        start_time_unix_nano=max(0, end - took),
        end_time_unix_nano=end,
        attributes=entry_attributes(entry),
        status=_status(entry.error),
    )


def _name(entry: LogEntry) -> str | None:
    if entry.event_id is None:
        return None
    if entry.phase == "route.match":
        return "route.match"
    if entry.phase in _TRANSFORMED:
        return f"transform.{entry.transform}"
    if ends_attempt(entry) and entry.target is not None:
        return f"deliver.{entry.target}"
    return None


def ends_attempt(entry: LogEntry) -> bool:
    """Whether an attempt is over with this entry: a delivery may also die while it waits."""
    if entry.phase == "deliver.dead":
        return entry.duration_ms is not None
    return entry.phase in _ATTEMPT_ENDS


def _kind(entry: LogEntry) -> Any:
    return Span.SPAN_KIND_CLIENT if ends_attempt(entry) else Span.SPAN_KIND_INTERNAL


def _root(journey: Journey) -> Span:
    first = journey.first
    return Span(
        trace_id=trace_id_of(first),
        span_id=root_id_of(first),
        name="event.pipeline",
        kind=Span.SPAN_KIND_CONSUMER,
        start_time_unix_nano=first.timestamp * NANOSECONDS,
        end_time_unix_nano=max(first.timestamp, journey.ended_at) * NANOSECONDS,
        attributes=attributes(
            {
                "orgloop.project": first.project,
                "orgloop.event_id": first.event_id,
                "orgloop.trace_id": first.trace_id,
                "orgloop.source": first.source,
                "orgloop.event_type": first.event_type,
                "orgloop.is_over": journey.is_over,
            }
        ),
        status=_status(journey.failure),
    )


def _status(error: str | None) -> Status:
    if error is None:
        return Status()
    return Status(code=Status.STATUS_CODE_ERROR, message=as_text(error))
