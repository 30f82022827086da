"""Fold what is said again and again: an outage shall not bury what else there is to read."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable

from attrs import define, evolve, field

from orgloop.daemon.log.logrecord import LogRecord

_WINDOW_SECONDS = 60.0
# So many different lines within a minute are not one outage any more.
_MOST_KNOWN = 500
_FOLDED_LEVELS = frozenset({"info", "warn", "error"})

_Key = tuple[str | None, str, str]


@define(eq=False)
class _Known:
    """A line that was written, and how often it was said since."""

    last: LogRecord
    written_at: float
    count: int = 0


@define(eq=False)
class Folding:
    """Let a line through when it is new, and count it while it comes back within a minute.

    The count is told once a minute, when a new line of the same logger appears (so that what was
    said before stands before), and at the end. Lines are the same if logger, level and text are.
    Critical lines, answers and what is said for debugging are never held back.
    """

    _now: Callable[[], float]
    """Seconds, of a clock that nobody sets."""
    _known: OrderedDict[_Key, _Known] = field(factory=OrderedDict, init=False)
    """Longest ago written first."""
    _counting: dict[str | None, dict[_Key, None]] = field(
        factory=lambda: defaultdict(dict), init=False
    )
    """By logger, the lines that have a count to tell."""

    def take(self, record: LogRecord) -> list[LogRecord]:
        """Return what is to be written now that ``record`` was said."""
        told = self.due()
        key = (record.logger, record.level, record.message)
        if record.level in _FOLDED_LEVELS and not record.is_answer:
            if (known := self._known.get(key)) is not None:
                known.last, known.count = record, known.count + 1
                self._counting[record.logger][key] = None
                return told
            told += self._make_room()
            told += self._tell(self._counting.get(record.logger, ()))
            self._known[key] = _Known(record, self._now())
        else:
            told += self._tell(self._counting.get(record.logger, ()))
        return [*told, record]

    def due(self) -> list[LogRecord]:
        """Return the counts that are to be told by now, and forget what did not come back."""
        told: list[LogRecord] = []
        while self._known:
            key, oldest = next(iter(self._known.items()))
            if self._now() < oldest.written_at + _WINDOW_SECONDS:
                break
            if oldest.count:
                told += self._tell([key])
            else:
                del self._known[key]
        return told

    def seconds_to_next(self) -> float | None:
        """Return how long nothing is due, `None` if nothing will be by itself."""
        if not self._known:
            return None
        oldest = next(iter(self._known.values()))
        return max(0.0, oldest.written_at + _WINDOW_SECONDS - self._now())

    def rest(self) -> list[LogRecord]:
        """Return every count: nothing more will be said."""
        return self._tell(list(self._known))

    def _make_room(self) -> list[LogRecord]:
        if len(self._known) < _MOST_KNOWN:
            return []
        key = next(iter(self._known))
        told = self._tell([key])
        del self._known[key]
        return told

    def _tell(self, keys: Iterable[_Key]) -> list[LogRecord]:
        return [self._told(key) for key in list(keys) if self._known[key].count]

    def _told(self, key: _Key) -> LogRecord:
        known = self._known[key]
        count, known.count, known.written_at = known.count, 0, self._now()
        self._known.move_to_end(key)
        counting = self._counting[key[0]]
        del counting[key]
        if not counting:
            del self._counting[key[0]]
        # The first of them was written with its traceback.
        return known.last if count == 1 else evolve(known.last, repeated=count, traceback="")
