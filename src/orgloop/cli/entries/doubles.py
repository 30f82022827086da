"""Keep out what was shown already, where the books and the live entries tell of the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import define, field

from orgloop.times import to_epoch_ms

APART_MS = 5_000
"""How far the times of one thing may lie apart: the books have when it was kept, an entry has when
it was told, and a transform may take its time in between."""
_REMEMBERED = 5_000
_FIELDS = ("phase", "event_id", "route", "transform")

Entry = Mapping[str, Any]
Told = tuple[tuple[Any, ...], int]


@define
class Doubles:
    """Remember what was shown last.

    The books may hold the same twice within seconds (an event that is replayed), and so may what is
    live; so each entry of one keeps out no more than one of the other.
    """

    _passed: Sequence[Told] = field(default=(), init=False)
    """What the books hold that was not asked for, as it lies further back."""
    _shown: deque[Told] = field(factory=lambda: deque(maxlen=_REMEMBERED), init=False)
    _expected: _Pool = field(factory=lambda: _Pool(()), init=False)

    def pass_over(self, entries: Sequence[Entry]) -> None:
        """Take entries of the books for known that are not shown; the last of them are enough."""
        if entries:
            self._passed = [_told(entry) for entry in entries[-_REMEMBERED:]]

    def new_in_books(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return those of one reading of the books that were not shown; now they are."""
        known, told, found = _Pool([*self._passed, *self._shown]), [], []
        for entry in entries:
            one = _told(entry)
            told.append(one)
            if not known.takes(one):
                found.append(entry)
                self._shown.append(one)
        self._expected = _Pool(told[-_REMEMBERED:])
        return found

    def is_new(self, entry: Entry) -> bool:
        """Say whether a live entry was not shown out of the books; now it is."""
        one = _told(entry)
        if self._expected.takes(one):
            return False
        self._shown.append(one)
        return True


class _Pool:
    """Entries, each of which can be taken out once."""

    def __init__(self, told: Iterable[Told]) -> None:
        self._times: dict[tuple[Any, ...], list[int]] = {}
        for key, at in told:
            self._times.setdefault(key, []).append(at)

    def takes(self, one: Told) -> bool:
        """Take out what is the same; say whether there was such."""
        key, at = one
        times = self._times.get(key, [])
        near = next((known for known in times if abs(known - at) <= APART_MS), None)
        if near is None:
            return False
        times.remove(near)
        return True


def _told(entry: Entry) -> Told:
    return tuple(entry.get(name) for name in _FIELDS), to_epoch_ms(str(entry["timestamp"]))
