"""Tell when more waits for an actor than it may, or than is good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from orgloop.delivery import DeliveryState
from orgloop.flow.books import Books
from orgloop.flow.tell import Tell
from orgloop.interfaces import IDeliveryQueue
from orgloop.records import Overflow

MANY = 10_000
"""So many deliveries that wait for an actor without a ``queue_depth`` are worth a warning."""
_FEW = 9_000  # fewer again: the next time is worth another one
_AGAIN_SECONDS = 60.0


@define(eq=False, kw_only=True)
class Pressure:
    """What waits for the actors of one project, and what had to go for it."""

    _log = Logger()

    queue: IDeliveryQueue
    books: Books
    tell: Tell
    clock: IReactorTime
    queue_depths: Mapping[str, int]
    """How many deliveries may wait, for the actors that have a bound."""
    _at_most: dict[str, int] = field(factory=dict, init=False)
    _has_many: set[str] = field(factory=set, init=False)
    _told_at: dict[str, float] = field(factory=dict, init=False)

    def added(self, actors: Mapping[str, int], overflows: Sequence[Overflow]) -> None:
        """Take notice of rows that wait since now, by actor, and of what became dead for them."""
        for overflow in overflows:
            self.books.died(overflow.delivery)
        for actor, waiting in _most(overflows).items():
            self._overflows(actor, waiting)
        for actor, count in actors.items():
            if actor not in self.queue_depths:
                self._waits(actor, count)

    def _overflows(self, actor: str, waiting: int) -> None:
        now = self.clock.seconds()
        told_at = self._told_at.get(actor)
        if told_at is not None and now - told_at < _AGAIN_SECONDS:
            return
        self._told_at[actor] = now
        self._log.warn(
            "more than {depth} deliveries wait for {actor}: the oldest become dead letters",
            depth=self.queue_depths.get(actor),
            actor=actor,
        )
        self.tell("pipeline.backpressure", target=actor, queue_depth=waiting)

    def _waits(self, actor: str, added: int) -> None:
        """Count only where the rows added could have made it many: counting takes its time."""
        at_most = self._at_most.get(actor, MANY) + added
        self._at_most[actor] = at_most
        if actor not in self._has_many and at_most < MANY:
            return
        waiting = self._at_most[actor] = self._waiting(actor)
        if waiting < _FEW:
            self._has_many.discard(actor)
        elif waiting >= MANY and actor not in self._has_many:
            self._has_many.add(actor)
            self._log.warn(
                "{count} deliveries wait for {actor}; see orgloop status, or bound them with "
                "queue_depth",
                count=waiting,
                actor=actor,
            )
            self.tell("pipeline.backpressure", target=actor, queue_depth=waiting)

    def _waiting(self, actor: str) -> int:
        return sum(
            count
            for (of, _, state), count in self.queue.counts().items()
            if of == actor and state == DeliveryState.WAITING
        )


def _most(overflows: Sequence[Overflow]) -> Mapping[str, int]:
    most: defaultdict[str, int] = defaultdict(int)
    for overflow in overflows:
        actor = overflow.delivery.actor or ""
        most[actor] = max(most[actor], overflow.waiting)
    return most
