"""Count what a source does."""

from __future__ import annotations

from collections import Counter

from attrs import define, field

_HOUR_MS = 3_600_000
_DAY_HOURS = 24


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
    _by_hour: Counter[int] = field(factory=Counter, init=False)

    def accepted(self, created: int, now: int) -> None:
        if created:
            self.event_count += created
            self.last_event_at = now
            self._by_hour[now // _HOUR_MS] += created
            if len(self._by_hour) > _DAY_HOURS:
                self._forget_before(now)

    def last_day(self, now: int) -> int:
        """Return how many new events came in this hour and the 23 before it."""
        self._forget_before(now)
        return self._by_hour.total()

    def _forget_before(self, now: int) -> None:
        first = now // _HOUR_MS - _DAY_HOURS + 1
        for hour in [hour for hour in self._by_hour if hour < first]:
            del self._by_hour[hour]

    def polled(self, now: int) -> None:
        self.last_poll_at = now
        self.consecutive_errors = 0

    def failed(self, reason: str) -> None:
        self.error_count += 1
        self.consecutive_errors += 1
        self.last_error = reason
