"""Say when a failed attempt is made again."""

from __future__ import annotations

from random import Random

from attrs import frozen

from orgloop.config.model import RetrySettings

MAX_RETRY_AFTER_SECONDS = 3600.0


@frozen
class RetryPolicy:
    """How often and how long after a failure a delivery is tried again; delays in seconds."""

    max_attempts: int = 10
    backoff: str = "exponential"
    initial_seconds: float = 1.0
    max_seconds: float = 60.0
    has_jitter: bool = True

    @classmethod
    def of(cls, settings: RetrySettings) -> RetryPolicy:
        """Return the policy that ``settings`` describe; the defaults fill what they leave out."""
        default = cls()
        initial, longest = settings.initial_delay, settings.max_delay
        return cls(
            settings.max_attempts or default.max_attempts,
            settings.backoff or default.backoff,
            default.initial_seconds if initial is None else initial.seconds,
            default.max_seconds if longest is None else longest.seconds,
            settings.jitter != "none",
        )

    def delay_seconds(self, attempt: int, random: Random) -> float:
        """Return how long to wait after ``attempt`` (from 1) has failed.

        Full jitter: evenly between nothing and the bound, so that many that failed together do not
        come back together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
        """
        bound = min(self.max_seconds, self.initial_seconds * self._growth(attempt))
        return random.uniform(0, bound) if self.has_jitter else bound

    def _growth(self, attempt: int) -> float:
        if self.backoff == "fixed":
            return 1.0
        if self.backoff == "linear":
            return float(attempt)
        return float(2 ** min(attempt - 1, 62))
