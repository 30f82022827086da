"""How long to wait before the next runtime is started, and when to start none."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from attrs import define, field, frozen

from orgloop.durations import Duration
from orgloop.errors import InvalidValue

_GOOD_RUN_SECONDS = 60.0
_VARIABLES = {
    "heartbeat_interval": "ORGLOOP_HEARTBEAT_INTERVAL",
    "backoff_initial": "ORGLOOP_SUPERVISOR_BACKOFF_INITIAL",
    "backoff_max": "ORGLOOP_SUPERVISOR_BACKOFF_MAX",
    "window": "ORGLOOP_SUPERVISOR_WINDOW",
}
_MAX_RESTARTS = "ORGLOOP_SUPERVISOR_MAX_RESTARTS"


@frozen(kw_only=True)
class Pace:
    """The settings of a supervisor, as the project's block ``supervisor`` says them.

    The supervisor does not read projects: each runtime tells its own. These defaults, with the
    variables over them, are for runtimes that die before.
    """

    heartbeat_interval: Duration = Duration(30_000)
    backoff_initial: Duration = Duration(1_000)
    backoff_max: Duration = Duration(30_000)
    max_restarts: int = 10
    window: Duration = Duration(300_000)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Pace:
        """Return what the variables say; what makes no sense is left to the runtime to refuse."""
        pace: dict[str, Duration | int] = {}
        for name, variable in _VARIABLES.items():
            if (duration := _duration(environ.get(variable, ""))) is not None:
                pace[name] = duration
        if (limit := environ.get(_MAX_RESTARTS, "")).isascii() and limit.isdigit():
            pace["max_restarts"] = int(limit)
        return cls(**pace)  # type: ignore[arg-type]  # each has the type of its field

    @classmethod
    def told(cls, fields: Mapping[str, int]) -> Pace:
        """Return what a runtime has told when it was prepared."""
        return cls(
            heartbeat_interval=Duration(fields["heartbeat_ms"]),
            backoff_initial=Duration(fields["backoff_initial_ms"]),
            backoff_max=Duration(fields["backoff_max_ms"]),
            max_restarts=fields["max_restarts"],
            window=Duration(fields["window_ms"]),
        )


def _duration(text: str) -> Duration | None:
    try:
        duration = Duration.parse(text)
    except InvalidValue:
        return None
    return duration if duration.milliseconds else None


@define(eq=False)
class Restarts:
    """Count the restarts after abnormal exits, and say when the next one is due.

    Pauses double from the initial one up to the longest, each shortened by up to half at random, so
    that runtimes that fell together do not rise together; a good run begins anew.
    """

    pace: Pace
    _random: Callable[[], float]
    """Returns a number from 0 to below 1."""
    count: int = field(default=0, init=False)
    """All of them, however long ago."""
    _in_a_row: int = field(default=0, init=False)
    _moments: deque[float] = field(factory=deque, init=False)

    def pause_after(self, now: float, good_for_seconds: float) -> float | None:
        """Return how many seconds to wait before the next start, `None` to give up.

        ``good_for_seconds`` is how long the runtime that has ended had been ready. Times are the
        seconds of a clock that is never set.
        """
        if good_for_seconds >= _GOOD_RUN_SECONDS:
            self._in_a_row = 0
        while self._moments and self._moments[0] <= now - self.pace.window.seconds:
            self._moments.popleft()
        if len(self._moments) >= self.pace.max_restarts:
            return None
        self._moments.append(now)
        self.count += 1
        self._in_a_row += 1
        return self._jittered(self._longest())

    @property
    def within_window(self) -> int:
        """How many of them were within the window, when it was last asked for a pause."""
        return len(self._moments)

    def _longest(self) -> float:
        # 2 ** 64 times any pause is longer than the longest, and no number overflows.
        doubled = self.pace.backoff_initial.seconds * 2.0 ** min(self._in_a_row - 1, 64)
        return min(doubled, self.pace.backoff_max.seconds)

    def _jittered(self, seconds: float) -> float:
        return seconds * (1 + self._random()) / 2
