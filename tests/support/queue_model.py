"""What a queue should hold and hand out, in plain Python."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from attrs import define, field

from orgloop.delivery import DEAD_LETTERS, DeliveryState
from orgloop.records import Claim

_MATCHED, _WAITING, _DELIVERING, _DEAD = (
    DeliveryState.MATCHED,
    DeliveryState.WAITING,
    DeliveryState.DELIVERING,
    DeliveryState.DEAD,
)


@define(eq=False)
class Row:
    """One row as it should be."""

    id: str
    seq: int
    route: str | None
    actor: str | None
    state: DeliveryState
    is_ready: bool = False
    key: str | None = None
    due_at: int = 0
    gate: str | None = None
    replay: int = 0
    place: int = 0
    attempts: int = 0
    base: int = 0
    claim: Claim | None = None

    @property
    def line(self) -> tuple[str | None, str, str | None]:
        assert self.key is not None
        return self.route, self.key, self.actor

    def wait(self, now: int) -> None:
        """Go on from ``held`` or from the dead letters."""
        self.state = _WAITING if self.is_ready else _MATCHED
        self.due_at = now


@define
class Books:
    """All rows, in the order in which they came."""

    rows: list[Row] = field(factory=list)
    adopted: Collection[str] = ()
    depths: Mapping[str, int] = field(factory=dict)
    _places: int = 0

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self.put_last(row)

    def put_last(self, row: Row) -> None:
        self._places += 1
        row.place = self._places

    def of_state(self, *states: DeliveryState, route: str | None = None) -> list[Row]:
        return [
            row
            for row in self.rows
            if row.state in states and (route is None or row.route == route)
        ]

    def due(self, actor: str) -> list[Row]:
        """Return the rows that may go at some time, in the order in which they should."""
        waiting = [
            row
            for row in self.of_state(_WAITING)
            if row.actor == actor
            and row.route in self.adopted
            and (row.key is None or self._in_line(row)[0] is row)
        ]
        return sorted(waiting, key=_turn)

    def may_go(
        self, actor: str, now: int, gates: Collection[str], passing: Sequence[Row]
    ) -> list[Row]:
        """Return the rows that a claim may take, in order."""
        rows = self.due(actor)
        behind = [one for row in passing if row in rows for one in self._behind(row, passing)]
        rows = [row for row in rows if row not in passing] + behind
        at_gates = [row for row in rows if row.gate is None or row.gate in gates]
        return sorted((row for row in at_gates if row.due_at <= now), key=_turn)

    def _behind(self, row: Row, passing: Sequence[Row]) -> list[Row]:
        for one in self._in_line(row) if row.key is not None else ():
            if one.state is not _WAITING or one not in passing:
                return [one] if one.state is _WAITING else []
        return []

    def _in_line(self, row: Row) -> list[Row]:
        in_line = self.of_state(_WAITING, _DELIVERING, route=row.route)
        return sorted(
            (one for one in in_line if (one.key, one.actor) == (row.key, row.actor)), key=_place
        )

    def overflow(self, added: Iterable[Row]) -> list[str]:
        """Let the oldest die of what is too much, after rows were added; return their ids."""
        dead: list[str] = []
        for actor in dict.fromkeys(row.actor for row in added if row.actor in self.depths):
            assert actor is not None
            waiting = [row for row in self.of_state(_WAITING) if row.actor == actor]
            excess = max(0, len(waiting) - self.depths[actor])
            oldest = sorted(waiting, key=_place)[:excess]
            for row in oldest:
                row.state = _DEAD
            dead += [row.id for row in oldest]
        return dead

    def retry(self, rows: Iterable[Row], now: int) -> list[Row]:
        """Let the dead letters among these wait again; return them."""
        dead = sorted((row for row in rows if row.state in DEAD_LETTERS), key=_place)
        for row in dead:
            row.base = row.attempts
            row.wait(now)
            self.put_last(row)
        return dead


def _place(row: Row) -> int:
    return row.place


def _turn(row: Row) -> tuple[int, int]:
    return row.due_at, row.place
