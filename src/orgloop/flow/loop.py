"""What closes the loop behind the deliveries of a project."""

from __future__ import annotations

from attrs import frozen
from twisted.internet.defer import Deferred, gatherResults

from orgloop.flow.deadlines import Deadlines
from orgloop.flow.inbox import Notices
from orgloop.flow.ties import Ties


@frozen
class Loop:
    """Ties, deadlines and notices of inboxes: each looks by itself, woken by the rest."""

    ties: Ties
    deadlines: Deadlines
    notices: Notices

    def start(self) -> None:
        """Begin with what an earlier run left."""
        for part in (self.ties, self.deadlines, self.notices):
            part.start()

    async def stop(self) -> None:
        """Finish what is under way; the rest is done after the next start."""
        parts = (self.ties, self.deadlines, self.notices)
        await gatherResults([Deferred.fromCoroutine(part.stop()) for part in parts])

    def cancel(self) -> None:
        """Give up what is under way."""
        for part in (self.ties, self.deadlines, self.notices):
            part.cancel()
