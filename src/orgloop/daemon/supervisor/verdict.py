"""Judge the end of a runtime: whether there will be another one, and when."""

from __future__ import annotations

from attrs import define, field, frozen

from orgloop.daemon.supervisor.backoff import Restarts
from orgloop.daemon.supervisor.ending import Ending

INVALID_PROJECT = 4


@frozen(kw_only=True)
class Verdict:
    """Either a pause after which the next one is started, or the end of it all."""

    pause_seconds: float | None = None
    exit_code: int = 0
    reason: str = ""
    """Why there is an end."""
    leaves_record: bool = False
    """Whether somebody will want to know later why nothing runs."""
    lines: tuple[str, ...] = ()
    """What to tell whoever waits for the start."""


@define(eq=False)
class Judge:
    """Remembers whether any runtime has ever been ready: a start that fails is not a crash."""

    restarts: Restarts
    has_been_ready: bool = field(default=False, init=False)

    def verdict(self, ending: Ending, now: float, good_for_seconds: float) -> Verdict:
        """Decide; ``good_for_seconds`` is how long the runtime had been ready."""
        if ending.is_clean:
            reason = "the runtime has ended"
            return Verdict(reason=reason, lines=(f"orgloop: {reason} before it was ready",))
        if ending.code == INVALID_PROJECT and not ending.was_wedged:
            return self._final(ending, "the project cannot be started")
        if ending.failed is not None and not self.has_been_ready and not ending.was_wedged:
            return self._final(ending, "the start failed")
        pause = self.restarts.pause_after(now, good_for_seconds)
        return self._given_up(ending) if pause is None else Verdict(pause_seconds=pause)

    def _final(self, ending: Ending, reason: str) -> Verdict:
        lines = ending.failed.lines if ending.failed is not None else ending.stderr
        return Verdict(
            exit_code=ending.code or 1,
            reason=reason,
            leaves_record=self.has_been_ready,
            lines=lines,
        )

    def _given_up(self, ending: Ending) -> Verdict:
        pace = self.restarts.pace
        reason = f"more than {_restarts(pace.max_restarts)} within {pace.window}"
        return Verdict(
            exit_code=1,
            reason=reason,
            leaves_record=True,
            lines=(f"orgloop: gave up after {reason}; the last one: {ending}", *ending.stderr),
        )


def _restarts(count: int) -> str:
    return f"{count} restart{'' if count == 1 else 's'}"
