"""Tell the observers what happens to an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from orgloop.logentry import LogEntry
from orgloop.records import EventRecord


@frozen
class Tell:
    """Make log entries of one project; nothing is made while nobody listens."""

    project: str
    now_ms: Callable[[], int]
    _observe: Callable[[LogEntry], None]
    _is_heard: Callable[[str], bool]

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens."""
        return self._is_heard(self.project)

    def __call__(self, phase: str, record: EventRecord | None = None, **details: Any) -> None:
        """Tell of ``phase``, with the event it is about and the fields of `LogEntry` it adds."""
        if not self.is_heard:
            return
        if record is not None:
            details.setdefault("source", record.source)
            self._observe(
                LogEntry(
                    phase=phase,
                    timestamp=self.now_ms(),
                    project=self.project,
                    event_id=record.id,
                    trace_id=record.trace_id,
                    event_type=record.type,
                    **details,
                )
            )
        else:
            self._observe(
                LogEntry(phase=phase, timestamp=self.now_ms(), project=self.project, **details)
            )
