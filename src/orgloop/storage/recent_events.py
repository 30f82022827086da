"""Hold the newest events in memory, so that the flow need not read them back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from orgloop.records import EventRecord
from orgloop.storage.event_ties import Moved

_MOST_EVENTS = 1024
_MOST_BYTES = 4 * 1024 * 1024


class RecentEvents:
    """The newest events of one project, without a gap: every one after ``floor``."""

    def __init__(
        self, floor: int, *, most_events: int = _MOST_EVENTS, most_bytes: int = _MOST_BYTES
    ) -> None:
        self.floor = floor
        self._most_events = most_events
        self._most_bytes = most_bytes
        self._records: deque[EventRecord] = deque()
        self._by_seq: dict[int, EventRecord] = {}
        self._by_id: dict[str, EventRecord] = {}
        self._bytes = 0

    def add(self, record: EventRecord) -> None:
        """Add the next event; the oldest make room for it."""
        self._records.append(record)
        self._by_seq[record.seq] = record
        self._by_id[record.id] = record
        self._bytes += len(record.body)
        while len(self._records) > self._most_events or self._bytes > self._most_bytes:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        oldest = self._records.popleft()
        self._bytes -= len(oldest.body)
        self.floor = oldest.seq
        del self._by_seq[oldest.seq]
        # A pruned id may have come in anew, as another event.
        if self._by_id.get(oldest.id) is oldest:
            del self._by_id[oldest.id]

    def after(self, seq: int, limit: int) -> list[EventRecord] | None:
        """Return up to ``limit`` events after ``seq``, `None` if older ones would be among them."""
        if seq < self.floor:
            return None
        newer = list(self._newest_until(seq))
        newer.reverse()
        return newer[:limit]

    def _newest_until(self, seq: int) -> Iterator[EventRecord]:
        for record in reversed(self._records):
            if record.seq <= seq:
                return
            yield record

    def by_id(self, event_id: str) -> EventRecord | None:
        """Return an event if it is among the newest."""
        return self._by_id.get(event_id)

    def by_seq(self, seq: int) -> EventRecord | None:
        """Return an event if it is among the newest."""
        return self._by_seq.get(seq)

    def move(self, moved: Moved) -> None:
        """Give an event its new place in its chain, for those too who read it before."""
        record = self._by_seq.get(moved.seq)
        if record is not None:
            record.trace_id = moved.place.trace_id
            record.depth = moved.place.depth
            record.parent = moved.parent or record.parent

    def forget(self, seqs: Sequence[int]) -> None:
        """Leave out events that the log has forgotten."""
        gone = {seq for seq in seqs if seq in self._by_seq}
        if gone:
            self._records = deque(one for one in self._records if one.seq not in gone)
            for seq in gone:
                record = self._by_seq.pop(seq)
                self._bytes -= len(record.body)
                if self._by_id.get(record.id) is record:
                    del self._by_id[record.id]
