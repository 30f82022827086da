"""Which commits have check suites that are still to end."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define

from orgloop.connectors.github.events import Object
from orgloop.connectors.github.position import Position, moment
from orgloop.connectors.github.query import is_oid

_LONGEST_MS = 24 * 3_600_000  # a check suite that has not ended after a day never will
# GitHub makes a suite for every App that may write checks; most of them never run anything.
_UNUSED_MS = 30 * 60_000


@define(eq=False)
class Watch:
    """Remember commits in a position, so that the end of their check suites is not missed.

    No listing tells of check suites, and the end of one changes nothing else. While nothing is
    watched, nothing is asked.
    """

    _position: Position
    server_ms: int = 0
    """GitHub's time."""

    def add(self, commit: object) -> None:
        """Look at the suites of a commit in this poll."""
        if is_oid(commit):
            self._position.watched.setdefault(str(commit), self.server_ms)

    def go_on_with(self, suites: Iterable[Object]) -> None:
        """All that is watched was looked at, and this was found: watch on what goes on."""
        before = self._position.watched
        self._position.watched = {
            commit: since
            for suite in suites
            if self._goes_on(suite) and is_oid(commit := str(suite.get("head_sha")))
            if self.server_ms - (since := before.get(commit, self.server_ms)) < _LONGEST_MS
        }

    def _goes_on(self, suite: Object) -> bool:
        if suite.get("status") == "completed":
            return False
        is_unused = suite.get("latest_check_runs_count") == 0
        age = self.server_ms - moment(suite.get("created_at"))
        return age < (_UNUSED_MS if is_unused else _LONGEST_MS)
