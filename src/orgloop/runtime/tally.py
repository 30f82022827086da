"""Count what a source does."""

from __future__ import annotations

from attrs import define


@define(eq=False)
class Tally:
    """What `status` shows of one source; moments are milliseconds since the Unix epoch."""

    event_count: int = 0
    """New events since the runtime started."""
    last_event_at: int | None = None
    last_poll_at: int | None = None
    error_count: int = 0
    consecutive_errors: int = 0
    last_error: str | None = None
    last_error_at: int | None = None

    def accepted(self, created: int, now: int) -> None:
        if created:
            self.event_count += created
            self.last_event_at = now

    def polled(self, now: int) -> None:
        self.last_poll_at = now
        self.consecutive_errors = 0

    def failed(self, reason: str, now: int) -> None:
        self.error_count += 1
        self.consecutive_errors += 1
        self.last_error, self.last_error_at = reason, now
