"""What a round leaves behind, and what excuses a repetition."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from attrs import define, field, frozen

from faults.books import Books
from faults.project import TIMEOUT_SECONDS
from faults.sinks import Arrival, Mood
from faults.subject import Stretch

# Between an answer and its settlement being durable, on a busy machine.
_COMMIT_SECONDS = 1.5
# Between a request being sent and its receiver reading it: the sender may have been killed since.
_LAG_SECONDS = 0.5


@frozen
class Run:
    """A run of the command to its end, as it noted it itself."""

    at: float
    key: str
    attempt: int
    event: str


@define(kw_only=True)
class Evidence:
    """Everything that the checks look at. Moments are `time.monotonic`."""

    books: Books
    arrivals: Sequence[Arrival]
    runs: Sequence[Run]
    accepted: Sequence[int]
    """Numbers of tickets that were answered 200."""
    stopped: Mapping[str, float]
    kills: Sequence[float]
    pauses: Sequence[Stretch]
    refusals: Sequence[Stretch]
    moods: Sequence[tuple[str, Mood, Stretch]]
    hurried_seconds: float
    """By how much the wall clock was set forth."""
    application_log: str
    by_key: Mapping[str, list[Arrival]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        by_key: dict[str, list[Arrival]] = defaultdict(list)
        for arrival in sorted(self.arrivals, key=lambda one: one.at):
            by_key[arrival.key].append(arrival)
        self.by_key = by_key

    def may_repeat(self, at: float, answered_at: float | None, again_at: float) -> bool:
        """Say whether an attempt that was answered may be made again.

        Only if the answer may not have come to be known: a kill before it was durable, or a runtime
        that stood still until its time was up.
        """
        if answered_at is None:
            return True
        sent_at = at - _LAG_SECONDS
        kills = [kill for kill in self.kills if sent_at <= kill <= again_at]
        if any(self._was_open(answered_at, kill) for kill in kills):
            return True
        slowest = at + TIMEOUT_SECONDS
        return any(
            (one.touches(at, slowest) and one.ended > slowest - 1.0)
            # It was begun, and had not got far, when the runtime was made to stand still.
            or (one.touches(sent_at, at) and again_at > one.began + TIMEOUT_SECONDS - _LAG_SECONDS)
            for one in self.pauses
        )

    def _was_open(self, answered_at: float, kill: float) -> bool:
        """Say whether the outcome of an attempt could have been in memory alone at a kill."""
        if kill <= answered_at + _COMMIT_SECONDS:
            return True
        hindered = [*self.refusals, *self.pauses]
        return any(
            one.touches(answered_at, answered_at + _COMMIT_SECONDS)
            and kill <= one.ended + _COMMIT_SECONDS
            for one in hindered
        )


def runs_of(text: str) -> list[Run]:
    """Read what the command noted."""
    runs = []
    for line in text.splitlines():
        at, key, attempt, event = line.split()
        runs.append(Run(float(at), key, int(attempt), event))
    return runs
