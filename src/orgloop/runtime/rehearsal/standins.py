"""What stands in a rehearsal where a runtime has its books, its clock and its audit."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from orgloop.delivery import Delivery
from orgloop.flow.tell import Tell
from orgloop.logentry import LogEntry
from orgloop.records import EventRecord, MemoryWrite, Recalled


@define(eq=False)
class Memories:
    """What transforms remember, for as long as a rehearsal lasts."""

    _known: Recalled = field(factory=dict)

    async def recall(self, keys: Sequence[tuple[str, str]]) -> Recalled:
        """See `orgloop.flow.pipeline.Memories`."""
        return {key: self._known[key] for key in keys if key in self._known}

    def remember(self, writes: Sequence[MemoryWrite]) -> None:
        """Keep what an event wrote."""
        self._known.update({(one.scope, one.key): one.value for one in writes})

    def forget(self) -> None:
        """Begin anew."""
        self._known.clear()


@define(eq=False)
class Moment:
    """The wall clock of a rehearsal: it stands at the time of the event that is shown."""

    epoch_ms: int

    def __call__(self) -> int:
        return self.epoch_ms


class Nobody:
    """Who hears of endings: in a rehearsal nothing settles."""

    def record(self, delivery: Delivery, record: EventRecord | None) -> None:
        """See `orgloop.flow.ending.LastWord`."""


def unheard(project: str, moment: Moment) -> Tell:
    """Return observers that there are none of."""
    return Tell(project, moment, _ignore, lambda _: False)


def _ignore(entry: LogEntry) -> None:
    """Nobody listens."""
