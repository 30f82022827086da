"""The queue against a model of it, over crashes."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path

from attrs import define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orgloop.delivery import DeliveryState
from orgloop.records import Claim, NewDelivery, Ready, RoutedBatch, Settlement, Transformed
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.testing.storage_records import PROJECT, new_delivery, unrouted
from support.storage import InlineWorker, result_of

_MATCHED, _WAITING, _DELIVERING = (
    DeliveryState.MATCHED,
    DeliveryState.WAITING,
    DeliveryState.DELIVERING,
)
_IN_LINE = (_WAITING, _DELIVERING)

_keys = st.sampled_from([None, "k", "l"])
_times = st.integers(0, 10)
_targets = st.sampled_from([("r1", "a1"), ("r2", "a1"), ("r3", "a2")])
_ROUTES = frozenset({"r1", "r2", "r3"})
_new = st.tuples(
    _targets, st.sampled_from([_WAITING, _WAITING, _MATCHED, DeliveryState.DROPPED]), _keys, _times
)
_ends = st.sampled_from(
    [_WAITING, DeliveryState.DELIVERED, DeliveryState.DEAD, DeliveryState.REJECTED]
)


@define
class Row:
    """One row as it should be."""

    new: NewDelivery
    state: DeliveryState
    key: str | None
    due_at: int
    attempts: int = 0
    claim: Claim | None = None

    @property
    def line(self) -> tuple[str | None, str | None]:
        return self.new.route, self.key


class QueueMachine(RuleBasedStateMachine):
    """Rows are routed, transformed, claimed and settled; the process dies now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._root = Path(tempfile.mkdtemp())
        self._generation = 0
        self._seq = 0
        self._rows: list[Row] = []
        self._last: RoutedBatch | None = None
        self._adopted = _ROUTES
        self._open(self._root / "queue.db")

    def _open(self, path: Path) -> None:
        self._path = path
        self._queue = result_of(SQLiteDeliveryQueue.open(path, PROJECT, InlineWorker))

    @rule(new=st.lists(_new, max_size=6))
    def route(self, new: list[tuple[tuple[str, str], DeliveryState, str | None, int]]) -> None:
        self._seq += 1
        rows: list[NewDelivery] = []
        for (route, actor), state, key, due_at in new:
            if route not in self._adopted:
                continue
            if any(row.route == route for row in rows):
                self._seq += 1  # one delivery per event and route
            made = new_delivery(
                self._seq, route=route, actor=actor, state=state, order_key=key, due_at=due_at
            )
            rows.append(made)
            self._rows.append(Row(made, state, key if state is _WAITING else None, due_at))
        if not rows:
            rows.append(unrouted(self._seq))
            self._rows.append(Row(rows[0], rows[0].state, None, 0))
        self._last = RoutedBatch(cursor=self._seq, rows=rows)
        result_of(self._queue.route(self._last))

    @precondition(lambda self: self._last is not None)
    @rule()
    def route_again(self) -> None:
        assert self._last is not None
        result_of(self._queue.route(self._last))

    @rule(route=st.sampled_from(["r1", "r2", "r3"]), key=_keys, due_at=_times, passes=st.booleans())
    def transform(self, route: str, key: str | None, due_at: int, passes: bool) -> None:
        if route not in self._adopted:
            return
        found = result_of(self._queue.matched(route, 1))
        expected = self._of_state(_MATCHED, route)[:1]
        assert [one.id for one in found] == [one.new.id for one in expected]
        for one, row in zip(found, expected, strict=True):
            row.state = _WAITING if passes else DeliveryState.DROPPED
            row.key, row.due_at = (key, due_at) if passes else (None, 0)
            ready = Ready(order_key=key, due_at=due_at) if passes else None
            moved = Transformed(row=one.row, state=row.state, now=0, ready=ready)
            result_of(self._queue.transformed(moved))

    @rule(actor=st.sampled_from(["a1", "a2"]), limit=st.integers(1, 4), now=_times)
    def claim(self, actor: str, limit: int, now: int) -> None:
        due = [row for row in self._due(actor) if row.due_at <= now][:limit]
        claims = result_of(self._queue.claim(actor, limit, now))
        assert [one.id for one in claims] == [row.new.id for row in due]
        for row, claim in zip(due, claims, strict=True):
            row.state = _DELIVERING
            row.attempts += 1
            row.claim = claim
            assert (claim.attempt, claim.order_key) == (row.attempts, row.key)

    @rule(actor=st.sampled_from(["a1", "a2"]))
    def next_due(self, actor: str) -> None:
        due = self._due(actor)
        expected = due[0].due_at if due else None
        assert result_of(self._queue.next_due(actor)) == expected

    def _due(self, actor: str) -> list[Row]:
        """Return the rows that may go at some time, in the order in which they should."""
        heads: dict[object, Row] = {}
        for row in self._rows:
            if row.state in _IN_LINE and row.key is not None:
                heads.setdefault(row.line, row)
        waiting = [
            (row.due_at, place, row)
            for place, row in enumerate(self._rows)
            if row.state is _WAITING
            and row.new.actor == actor
            and row.new.route in self._adopted
            and (row.key is None or heads[row.line] is row)
        ]
        return [row for _, _, row in sorted(waiting, key=lambda one: one[:2])]

    @rule(data=st.data(), state=_ends, due_at=_times)
    def settle(self, data: st.DataObject, state: DeliveryState, due_at: int) -> None:
        row = self._in_flight(data)
        if row is None or row.claim is None:
            return
        result_of(
            self._queue.settle(
                Settlement(
                    row=row.claim.row,
                    state=state,
                    now=due_at,
                    started_at=0,
                    outcome="error",
                    due_at=due_at if state is _WAITING else None,
                )
            )
        )
        row.state, row.due_at, row.claim = state, due_at, None

    @rule(data=st.data(), now=_times)
    def release(self, data: st.DataObject, now: int) -> None:
        row = self._in_flight(data)
        if row is None or row.claim is None:
            return
        result_of(self._queue.release(row.claim.row, now))
        row.state, row.due_at, row.claim = _WAITING, now, None
        row.attempts -= 1

    @rule(routes=st.frozensets(st.sampled_from(sorted(_ROUTES))))
    def adopt(self, routes: frozenset[str]) -> None:
        """Go on with these routes, as after a change of the project; none is in flight then."""
        for row in self._of_state(_DELIVERING):
            assert row.claim is not None
            result_of(self._queue.release(row.claim.row, 0))
            row.state, row.due_at, row.claim = _WAITING, 0, None
            row.attempts -= 1
        result_of(self._queue.adopt(routes))
        self._adopted = routes
        self._last = None  # only routes that are there are routed to

    def _in_flight(self, data: st.DataObject) -> Row | None:
        rows = self._of_state(_DELIVERING)
        return data.draw(st.sampled_from(rows)) if rows else None

    def _of_state(self, state: DeliveryState, route: str | None = None) -> list[Row]:
        return [
            row
            for row in self._rows
            if row.state is state and (route is None or row.new.route == route)
        ]

    @rule()
    def crash(self) -> None:
        """Go on with what a kill would leave on disk."""
        self._generation += 1
        left = self._root / f"{self._generation}"
        left.mkdir()
        for name in ("queue.db", "queue.db-wal"):
            if (self._path.parent / name).exists():
                shutil.copy(self._path.parent / name, left / name)
        result_of(self._queue.close())
        self._open(left / "queue.db")

    @rule()
    def reopen(self) -> None:
        result_of(self._queue.close())
        self._open(self._path)

    @rule()
    def what_was_in_flight_is_known(self) -> None:
        expected = [row.new.id for row in self._of_state(_DELIVERING)]
        assert [one.id for one in result_of(self._queue.unfinished())] == expected

    @invariant()
    def every_row_is_counted(self) -> None:
        counts = Counter((row.new.actor, row.new.route, row.state.value) for row in self._rows)
        assert dict(self._queue.counts()) == dict(counts)
        assert result_of(self._queue.cursor()) == self._seq

    @invariant()
    def every_row_is_as_it_should_be(self) -> None:
        rows = result_of(self._queue.for_events(range(self._seq + 1)))
        found = [one for some in rows.values() for one in some]
        assert sorted((one.id, one.state, one.attempts) for one in found) == sorted(
            (row.new.id, row.state, row.attempts) for row in self._rows
        )

    def teardown(self) -> None:
        result_of(self._queue.close())
        shutil.rmtree(self._root)


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
