"""Follow events from where they come in to where the last of their deliveries ends."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from attrs import define, field

from orgloop.logentry import LogEntry

MAX_JOURNEYS = 10_000
"""How many are followed at a time; of more, the oldest are given up and sent as they are."""
_BEGINNINGS = frozenset({"source.emit", "route.match", "route.no_match", "loop.circuit_broken"})
_NOWHERE = frozenset({"route.no_match", "loop.circuit_broken"})
_ENDINGS = frozenset(
    {
        "transform.drop",
        "transform.error_drop",
        "deliver.success",
        "deliver.rejected",
        "deliver.dead",
        "deliver.skipped",
        "deliver.merged",
        "audit.record",  # the last word on whatever settles: what a person discards, for one
    }
)
_FAILURES = frozenset({"deliver.rejected", "deliver.dead", "loop.circuit_broken"})


@define(eq=False)
class Journey:
    """What is known of the way of one event."""

    first: LogEntry
    """The entry about where it came in, once that is there."""
    is_begun: bool = False
    """Whether this run saw it come in: then it is this run that tells of the whole journey."""
    is_routed: bool = False
    is_over: bool = False
    ended_at: int = 0
    failure: str | None = None
    _ways: set[tuple[str | None, str | None]] = field(factory=set)
    """Deliveries that have not ended: route and actor."""

    def go_on(self, entry: LogEntry) -> None:
        """Take notice of one more entry."""
        self.ended_at = max(self.ended_at, entry.timestamp)
        way = (entry.route, entry.target)
        if entry.phase == "source.emit":
            self.first, self.is_begun = entry, True
        elif entry.phase == "route.match":
            self._ways.add(way)
            self.is_routed = True
        elif entry.phase in _NOWHERE or (entry.phase == "deliver.dead" and entry.route is None):
            self.is_routed = True
        elif entry.phase in _ENDINGS:
            self._ways.discard(way)
        if entry.phase in _FAILURES:
            self.failure = entry.error or entry.phase
        self.is_over = self.is_begun and self.is_routed and not self._ways


@define(eq=False)
class Journeys:
    """The journeys that are under way, so far as this run saw them begin."""

    _open: OrderedDict[tuple[str | None, str], Journey] = field(factory=OrderedDict)

    def follow(self, entry: LogEntry) -> Iterator[Journey]:
        """Take notice of an entry; yield the journeys that need not be followed any longer."""
        if entry.event_id is None or entry.phase == "source.duplicate":
            return
        key = (entry.project, entry.event_id)
        journey = self._open.get(key)
        if journey is None:
            if entry.phase not in _BEGINNINGS:
                return
            journey = self._open[key] = Journey(entry)
        journey.go_on(entry)
        if journey.is_over:
            yield self._open.pop(key)
        elif len(self._open) > MAX_JOURNEYS:
            _, oldest = self._open.popitem(last=False)
            if oldest.is_begun:
                yield oldest

    def give_up(self) -> Iterator[Journey]:
        """Yield, as far as they have come, all journeys that began in this run."""
        while self._open:
            _, journey = self._open.popitem(last=False)
            if journey.is_begun:
                yield journey
