"""Say that the disk refuses, once a minute rather than once an event."""

from __future__ import annotations

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

_REPEAT_SECONDS = 60.0


@define(eq=False)
class Outage:
    """One line when it is noticed, one a minute while it lasts, one when it is over."""

    _log = Logger()

    _clock: IReactorTime
    _began_at: float | None = field(default=None, init=False)
    _said_at: float = field(default=0.0, init=False)

    def lasts(self, error: Exception) -> None:
        """Take notice that the disk refuses just now."""
        now = self._clock.seconds()
        if self._began_at is None:
            self._began_at = now
        elif now < self._said_at + _REPEAT_SECONDS:
            return
        self._said_at = now
        self._log.error(
            "nothing is accepted and nothing delivered until the disk takes writes again: {error}",
            error=error,
        )

    def is_over(self) -> None:
        """Take notice that the disk takes writes."""
        if self._began_at is not None:
            seconds = round(self._clock.seconds() - self._began_at)
            self._log.info("the disk takes writes again, after {seconds} s", seconds=seconds)
            self._began_at = None
