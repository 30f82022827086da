"""What closes the loop behind the deliveries of a project."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen
from twisted.internet.defer import Deferred, gatherResults

from orgloop.flow.deadlines import Deadlines
from orgloop.flow.inbox import Notices
from orgloop.flow.rounds import Rounds
from orgloop.flow.ties import Ties


@frozen
class Loop:
    """Ties, deadlines and notices of inboxes: each looks by itself, woken by the rest."""

    ties: Ties
    deadlines: Deadlines
    notices: Notices

    def start(self) -> None:
        """Begin with what an earlier run left."""
        for one in self._rounds:
            one.start()

    async def stop(self) -> None:
        """Finish what is under way; the rest is done after the next start."""
        ending = [Deferred.fromCoroutine(one.stop()) for one in self._rounds]
        self.deadlines.silence()
        await gatherResults(ending)

    def cancel(self) -> None:
        """Give up what is under way."""
        for one in self._rounds:
            one.cancel()

    @property
    def _rounds(self) -> Sequence[Rounds]:
        return self.ties.rounds, self.deadlines.rounds, self.notices.rounds
