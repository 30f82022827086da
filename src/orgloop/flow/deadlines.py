"""Do at their time what nobody claims: lost sessions, leases that end, inboxes nobody reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attrs import define, field
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from orgloop.delivery import Delivery
from orgloop.flow.audit import Audit
from orgloop.flow.lost import Lost
from orgloop.flow.queue_time import QueueTime
from orgloop.flow.rounds import Rounds
from orgloop.interfaces import IDeliveryQueue
from orgloop.records import Overdue

_STEP = 100
_LONGEST_SLEEP_SECONDS = 3600.0  # a reactor's timer is no good for months

EXPIRED = "it lay in its inbox for longer than the route's inbox_ttl"


@define(eq=False, kw_only=True)
class Deadlines:
    """Watch the deadlines of one project: one timer, for the earliest."""

    queue: IDeliveryQueue
    queue_time: QueueTime
    clock: IReactorTime
    now_ms: Callable[[], int]
    lost: Lost
    audit: Audit
    wake_inboxes: Callable[[], None]
    """Called when leases have ended: what was handed out lies in its inbox again."""
    _alarm: IDelayedCall | None = field(default=None, init=False)
    _next: int | None = field(default=None, init=False)
    """The queue time for which the alarm is set."""
    rounds: Rounds = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.rounds = Rounds("the watch over deadlines", self.clock, self._meet_all)

    def watch(self, moment: int) -> None:
        """See to it that at ``moment``, queue time, what is overdue is looked at."""
        if self._next is not None and self._next <= moment:
            return
        self._next = moment
        self.silence()
        if not self.rounds.is_over:
            seconds = min((moment - self.queue_time()) / 1000, _LONGEST_SLEEP_SECONDS)
            self._alarm = self.clock.callLater(max(0.0, seconds), self.rounds.ring)

    def silence(self) -> None:
        """Cancel the alarm; at the end there must be none."""
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()

    async def _meet_all(self) -> None:
        while not self.rounds.is_over:
            found = await self.queue.overdue(self.queue_time(), _STEP)
            if not found:
                break
            await self._meet(found)
        self._next = None
        if (earliest := await self.queue.next_deadline()) is not None:
            self.watch(earliest)

    async def _meet(self, found: Sequence[Overdue]) -> None:
        for overdue in found:
            if overdue.kind == "stop":
                await self.lost.emit(overdue.delivery)
        if leased := _of("lease", found):
            ids = [one.id for one in leased]
            await self.queue.end_lease(ids, self.queue_time(), ended_at=self.now_ms())
            self.wake_inboxes()
        if expired := _of("inbox", found):
            ids = [one.id for one in expired]
            await self.audit.settled(await self.queue.expire(ids, self.now_ms(), EXPIRED))


def _of(kind: str, found: Sequence[Overdue]) -> list[Delivery]:
    return [one.delivery for one in found if one.kind == kind]
