"""Whatever an actor goes through: what is healthy gets there, and what is not does not stay."""

from __future__ import annotations

from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from orgloop.flow.circuit import Circuit

_TIMEOUT_SECONDS = 20.0
_RETRY_SECONDS = 1.0


@define
class Row:
    """A delivery of the one line of an actor that does one thing at a time."""

    number: int
    is_poison: bool
    attempts: int = 0
    end: str | None = None


@define(eq=False)
class Line:
    """The smallest lane there is: it claims the head of the line, as its circuit says."""

    rows: list[Row]
    weather: list[tuple[str, float]]
    """What the actor does, and until when; ``up`` after the last."""
    max_attempts: int
    circuit: Circuit = field(init=False)
    clock: Clock = field(factory=Clock)
    threshold: int = 3
    delivered: list[int] = field(factory=list)
    timed_out: set[int] = field(factory=set)

    def __attrs_post_init__(self) -> None:
        self.circuit = Circuit(self.threshold, 5.0, self.clock)

    def mood(self) -> str:
        now = self.clock.seconds()
        return next((what for what, until in self.weather if now < until), "up")

    def head(self, passing: tuple[int, ...]) -> Row | None:
        waiting = [row for row in self.rows if row.end is None and row.number not in passing]
        return waiting[0] if waiting else None

    def restart(self) -> None:
        """Begin anew with what is kept of a circuit: that it is open."""
        old, self.circuit = self.circuit, Circuit(self.threshold, 5.0, self.clock)
        if not old.is_closed:
            self.circuit.begin_open("as it was")

    def step(self) -> None:
        turn = self.circuit.turn()
        if turn is None:
            self.clock.advance(self.circuit.retry_in_seconds or 0.0)
            return
        row = self.head(turn.passing)
        assert self.circuit.admits(turn, [row.number] if row else [])
        if row is not None:
            self.attempt(row)

    def attempt(self, row: Row) -> None:
        row.attempts += 1
        mood = self.mood()
        if mood == "hangs":
            self.clock.advance(_TIMEOUT_SECONDS)
            self.timed_out.add(row.number)
        if mood == "up" and not row.is_poison:
            row.end = "delivered"
            self.delivered.append(row.number)
            dead = self.circuit.answered(row.number)
            if dead is not None:
                self.rows[dead.row].end = "dead"
            return
        is_last = row.attempts >= self.max_attempts
        may_die = self.circuit.failed(
            row.number,
            "no",
            spent=row.attempts,
            is_last=is_last,
            has_timed_out=mood == "hangs",
        )
        if is_last and may_die:
            row.end = "dead"
        elif self.circuit.is_closed:
            self.clock.advance(_RETRY_SECONDS)


def _until(periods: list[tuple[str, float]]) -> list[tuple[str, float]]:
    ends, at = [], 0.0
    for what, seconds in periods:
        at += seconds
        ends.append((what, at))
    return ends


_SECONDS = st.floats(0.5, 400)
_WEATHER = st.builds(
    lambda before, hangs, after: _until([*before, *hangs, *after]),
    st.lists(st.tuples(st.sampled_from(["up", "down"]), _SECONDS), max_size=4),
    st.lists(st.tuples(st.just("hangs"), _SECONDS), max_size=1),
    st.lists(st.tuples(st.sampled_from(["up", "down"]), _SECONDS), max_size=4),
)
_KINDS = st.lists(
    st.sampled_from([[False], [True, False], [True, True, True, False]]), min_size=1, max_size=8
)


@settings(max_examples=400, deadline=None)
@given(_KINDS, _WEATHER, st.integers(3, 6), st.sets(st.integers(0, 60), max_size=3))
def test_what_is_healthy_arrives_in_order_and_what_is_not_dies(
    kinds: list[list[bool]], weather: list[tuple[str, float]], attempts: int, restarts: set[int]
) -> None:
    poison = [False, *(one for kind in kinds for one in kind)]
    line = Line([Row(n, is_poison) for n, is_poison in enumerate(poison)], weather, attempts)
    for number in range(2000):
        if number in restarts:
            line.restart()
        left = [row for row in line.rows if row.end is None]
        if not left:
            break
        if all(row.is_poison for row in left):  # nothing is there that it could be weighed against
            line.rows.append(Row(len(line.rows), False))
        line.step()
    assert [row.end for row in line.rows] == [
        "dead" if row.is_poison else "delivered" for row in line.rows
    ]
    in_order = [number for number in line.delivered if number not in line.timed_out]
    assert in_order == sorted(in_order)
