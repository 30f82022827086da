"""Report what a logger loses and what is in its way, once a minute rather than once an entry."""

from __future__ import annotations

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

_REPEAT_SECONDS = 60.0


@define(eq=False)
class Trouble:
    """One line when trouble begins, one a minute while it lasts, one when it is over."""

    _log = Logger()

    _name: str
    _clock: IReactorTime
    lost: int = field(default=0, init=False)
    """Entries that will never arrive."""
    _told_lost: int = field(default=0, init=False)
    _loss_told_at: float | None = field(default=None, init=False)
    _lost_for: str = field(default="", init=False)
    """Why the last of them were lost."""
    reason: str | None = field(default=None, init=False)
    """What is in the way just now."""
    _began_at: float = field(default=0.0, init=False)
    _told_at: float = field(default=0.0, init=False)

    def lasts(self, reason: str) -> None:
        """Take notice that nothing can be sent just now."""
        now = self._clock.seconds()
        is_new, self.reason = self.reason is None, reason
        if is_new:
            self._began_at = now
        elif now < self._told_at + _REPEAT_SECONDS:
            return
        self._told_at = now
        self._log.warn(
            "logger {name} cannot send, and tries again: {reason}", name=self._name, reason=reason
        )

    def refuses(self, reason: str) -> None:
        """Take notice that what was sent is not wanted; `lose` tells of it."""
        if self.reason is None:
            self._began_at = self._told_at = self._clock.seconds()
        self.reason = reason

    def is_over(self) -> None:
        """Take notice that something was sent."""
        if self.reason is not None:
            seconds = round(self._clock.seconds() - self._began_at)
            self.reason = None
            self._log.info(
                "logger {name} sends again, after {seconds} s", name=self._name, seconds=seconds
            )
            self.tell_lost(self._lost_for)

    def lose(self, count: int, reason: str) -> None:
        """Count entries that are given up."""
        self.lost += count
        self._lost_for = reason
        now = self._clock.seconds()
        if self._loss_told_at is None or now >= self._loss_told_at + _REPEAT_SECONDS:
            self.tell_lost(reason)

    def tell_lost(self, reason: str) -> None:
        """Report what was lost and not reported yet."""
        count, self._told_lost = self.lost - self._told_lost, self.lost
        if count:
            self._loss_told_at = self._clock.seconds()
            self._log.warn(
                "logger {name} lost {count} entries: {reason}",
                name=self._name,
                count=count,
                reason=reason,
            )
