"""Say how sending a batch went wrong."""

from __future__ import annotations

from orgloop.errors import OrgLoopError


class NotSent(OrgLoopError):
    """The batch did not arrive, or nobody can say so: it is sent again later."""

    def __init__(self, reason: str, *, after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds
        """How long the receiver asks to be left alone, at least."""


class Refused(OrgLoopError):
    """The receiver does not take it, now or later: ``count`` entries, or the whole batch."""

    def __init__(self, reason: str, *, count: int | None = None) -> None:
        super().__init__(reason)
        self.count = count


class TooLarge(Refused):
    """The receiver may take it in smaller pieces."""
