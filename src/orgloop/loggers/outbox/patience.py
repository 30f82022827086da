"""Decide how long to wait before something is sent again."""

from __future__ import annotations

from attrs import frozen

from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.options import option

_MAX_ASKED_SECONDS = 300.0
"""No receiver puts us off for longer: what waits would be lost meanwhile."""


@frozen(kw_only=True)
class RetryOptions:
    """How a batch that did not arrive is sent again."""

    max_attempts: int | None = option(
        "Attempts in all, the first included; then the batch is lost. By default it is tried for "
        "as long as it takes, and what comes meanwhile is lost once the buffer is full.",
        default=None,
        minimum=1,
    )
    initial_delay: Duration = option(
        "The delay before the second attempt; each one after that is twice as long.",
        default=Duration(1_000),
        minimum=Duration(1),
    )
    max_delay: Duration = option(
        "No delay is longer, unless the receiver asks for it with `Retry-After` (five minutes at "
        "most).",
        default=Duration(30_000),
        minimum=Duration(1),
    )

    def __attrs_post_init__(self) -> None:
        if self.max_delay.milliseconds < self.initial_delay.milliseconds:
            raise InvalidValue("max_delay is shorter than initial_delay")

    def delay_seconds(self, attempts: int, asked_seconds: float | None) -> float:
        """Return the delay after so many attempts, the last of which was told to wait so long."""
        doublings = min(attempts - 1, 30)  # beyond that any delay is longer than the longest
        own = min(self.initial_delay.seconds * (1 << doublings), self.max_delay.seconds)
        return max(own, min(asked_seconds or 0.0, _MAX_ASKED_SECONDS))
