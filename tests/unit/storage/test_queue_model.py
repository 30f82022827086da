"""The queue against a model of it, over crashes."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orgloop.delivery import DEAD_LETTERS, DeliveryState
from orgloop.identity import delivery_id
from orgloop.records import (
    Again,
    NewDelivery,
    Overflow,
    Ready,
    RoutedBatch,
    Settlement,
    Transformed,
)
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.testing.storage_records import PROJECT, event_id_of, new_delivery, unrouted
from support.queue_model import Books, Row
from support.storage import InlineWorker, result_of

_MATCHED, _WAITING, _DELIVERING, _HELD = (
    DeliveryState.MATCHED,
    DeliveryState.WAITING,
    DeliveryState.DELIVERING,
    DeliveryState.HELD,
)
_READY = (_WAITING, _HELD)
_ACTORS = {"r1": "a1", "r2": "a1", "r3": "a2"}
_ROUTES = frozenset(_ACTORS)

_keys = st.sampled_from([None, "k", "l"])
_times = st.integers(0, 10)
_routes = st.sampled_from(sorted(_ROUTES))
_gates = st.sampled_from([None, None, "g", "h"])
_made = st.tuples(_keys, _times, _gates)
_new = st.tuples(
    _routes,
    st.sampled_from([_WAITING, _WAITING, _MATCHED, _HELD, DeliveryState.DROPPED]),
    _made,
)
_ends = st.sampled_from(
    [_WAITING, DeliveryState.DELIVERED, DeliveryState.DEAD, DeliveryState.REJECTED]
)
_depths = st.dictionaries(st.sampled_from(["a1", "a2"]), st.integers(1, 4), max_size=1)


class QueueMachine(RuleBasedStateMachine):
    """Rows are routed, transformed, claimed, settled, retried; the process dies now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._root = Path(tempfile.mkdtemp())
        self._generation = 0
        self._seq = 0
        self._books = Books(adopted=_ROUTES)
        self._last: RoutedBatch | None = None
        self._open(self._root / "queue.db")

    def _open(self, path: Path) -> None:
        self._path = path
        self._queue = result_of(SQLiteDeliveryQueue.open(path, PROJECT, InlineWorker))
        result_of(self._queue.adopt(self._books.adopted, self._books.depths))

    # --- coming in

    @rule(new=st.lists(_new, max_size=6))
    def route(
        self, new: list[tuple[str, DeliveryState, tuple[str | None, int, str | None]]]
    ) -> None:
        self._seq += 1
        rows: list[NewDelivery] = []
        for route, state, made in new:
            if route not in self._books.adopted:
                continue
            if any(row.route == route for row in rows):
                self._seq += 1  # one delivery per event and route
            rows.append(self._new(route, state, *made))
        if not rows:
            rows.append(unrouted(self._seq))
        added = [_expected(row) for row in rows]
        for row in added:
            self._books.add(row)
        self._last = RoutedBatch(cursor=self._seq, rows=rows)
        self._has_overflowed(result_of(self._queue.route(self._last)), added)

    def _new(
        self, route: str, state: DeliveryState, key: str | None, due_at: int, gate: str | None
    ) -> NewDelivery:
        ready = Ready(order_key=key, due_at=due_at, gate=gate) if state in _READY else None
        return new_delivery(self._seq, route=route, actor=_ACTORS[route], state=state, ready=ready)

    def _has_overflowed(self, found: list[Overflow], added: list[Row]) -> None:
        assert [one.delivery.id for one in found] == self._books.overflow(added)

    @precondition(lambda self: self._last is not None)
    @rule()
    def route_again(self) -> None:
        assert self._last is not None
        assert result_of(self._queue.route(self._last)) == []

    @rule(data=st.data(), route=_routes)
    def replay(self, data: st.DataObject, route: str) -> None:
        if self._seq == 0:
            return
        seq = data.draw(st.integers(1, self._seq))
        of_event = [row for row in self._books.rows if (row.seq, row.route) == (seq, route)]
        number = max((row.replay for row in of_event), default=0) + 1
        event_id, actor = event_id_of(seq), _ACTORS[route]
        made = delivery_id(PROJECT, event_id, seq, route, number)
        self._books.add(Row(made, seq, route, actor, _MATCHED, replay=number))
        asked = Again(
            event_id=event_id,
            event_seq=seq,
            route=route,
            actor=actor,
            accepted_at=seq,
            created_at=seq,
        )
        assert result_of(self._queue.again([asked])) == [made]

    @rule(route=_routes, made=_made, passes=st.booleans())
    def transform(self, route: str, made: tuple[str | None, int, str | None], passes: bool) -> None:
        if route not in self._books.adopted:
            return
        found = result_of(self._queue.matched(route, 1))
        expected = self._books.of_state(_MATCHED, route=route)[:1]
        assert [one.id for one in found] == [one.id for one in expected]
        for one, row in zip(found, expected, strict=True):
            row.state = _WAITING if passes else DeliveryState.DROPPED
            ready = None
            if passes:
                row.is_ready = True
                row.key, row.due_at, row.gate = made
                ready = Ready(order_key=row.key, due_at=row.due_at, gate=row.gate)
            moved = Transformed(row=one.row, state=row.state, now=0, ready=ready)
            self._has_overflowed(result_of(self._queue.transformed(moved)), [row] if passes else [])

    # --- going out

    @rule(
        actor=st.sampled_from(["a1", "a2"]),
        limit=st.integers(1, 4),
        now=_times,
        gates=st.frozensets(st.sampled_from(["g", "h"])),
        data=st.data(),
    )
    def claim(
        self, actor: str, limit: int, now: int, gates: frozenset[str], data: st.DataObject
    ) -> None:
        # A lane passes only over what it has had in its hands.
        had = [row for row in self._books.of_state(_WAITING) if row.claim is not None]
        passing = data.draw(st.permutations(had).map(lambda rows: rows[:2]))
        expected = self._books.may_go(actor, now, gates, passing)[:limit]
        claims = result_of(
            self._queue.claim(
                actor,
                limit,
                now,
                gates=sorted(gates),
                passing=[row.claim.row for row in passing if row.claim],
            )
        )
        assert [one.id for one in claims] == [row.id for row in expected]
        for row, claim in zip(expected, claims, strict=True):
            row.state = _DELIVERING
            row.attempts += 1
            row.claim = claim
            assert (claim.attempt, claim.spent) == (row.attempts, row.attempts - row.base)
            assert (claim.order_key, claim.replay) == (row.key, row.replay)

    @rule(
        actor=st.sampled_from(["a1", "a2"]),
        gates=st.frozensets(st.sampled_from(["g", "h"])),
        ungated=st.booleans(),
    )
    def next_due(self, actor: str, gates: frozenset[str], ungated: bool) -> None:
        due = [
            row.due_at
            for row in self._books.due(actor)
            if (ungated if row.gate is None else row.gate in gates)
        ]
        found = result_of(self._queue.next_due(actor, sorted(gates), ungated=ungated))
        assert found == min(due, default=None)
        waiting = [row for row in self._books.of_state(_WAITING) if row.actor == actor]
        expected = sorted({row.gate for row in waiting if row.gate is not None})
        assert result_of(self._queue.gates(actor)) == expected

    @rule(data=st.data(), state=_ends, due_at=_times)
    def settle(self, data: st.DataObject, state: DeliveryState, due_at: int) -> None:
        row = self._one_of(data, _DELIVERING)
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
        row.state, row.due_at = state, due_at

    @rule(data=st.data(), now=_times)
    def release(self, data: st.DataObject, now: int) -> None:
        row = self._one_of(data, _DELIVERING)
        if row is not None:
            self._release(row, now)

    def _release(self, row: Row, now: int) -> None:
        assert row.claim is not None
        result_of(self._queue.release(row.claim.row, now))
        row.state, row.due_at = _WAITING, now
        row.attempts -= 1

    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        row = self._one_of(data, *DeliveryState)
        if row is None or row.claim is None:
            return
        found = result_of(self._queue.give_up(row.claim.row, 0, "the ticket, not the actor"))
        assert (found is not None) == (row.state is _WAITING)
        if row.state is _WAITING:
            row.state = DeliveryState.DEAD

    # --- what people do

    @rule(data=st.data(), now=_times)
    def retry(self, data: st.DataObject, now: int) -> None:
        rows = self._some(data)
        found = result_of(self._queue.reopen([row.id for row in rows], now))
        expected = self._books.retry(rows, now)
        assert {one.id for one in found} == {row.id for row in expected}

    @rule(data=st.data(), now=_times)
    def let_go(self, data: st.DataObject, now: int) -> None:
        rows = self._some(data)
        found = result_of(self._queue.unhold([row.id for row in rows], now))
        held = [row for row in rows if row.state is _HELD]
        assert {one.id for one in found} == {row.id for row in held}
        for row in held:
            row.wait(now)

    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        rows = self._some(data)
        found = result_of(self._queue.discard([row.id for row in rows], 0))
        gone = [row for row in rows if row.state in {_MATCHED, _WAITING, _HELD, *DEAD_LETTERS}]
        assert {one.id for one in found} == {row.id for row in gone}
        for row in gone:
            row.state = DeliveryState.DISCARDED

    def _some(self, data: st.DataObject) -> list[Row]:
        rows = self._books.rows
        return data.draw(st.lists(st.sampled_from(rows), unique=True, max_size=3)) if rows else []

    def _one_of(self, data: st.DataObject, *states: DeliveryState) -> Row | None:
        rows = self._books.of_state(*states)
        return data.draw(st.sampled_from(rows)) if rows else None

    # --- what happens to the process

    @rule(routes=st.frozensets(_routes), depths=_depths)
    def adopt(self, routes: frozenset[str], depths: dict[str, int]) -> None:
        """Go on with these routes, as after a change of the project; none is in flight then."""
        for row in self._books.of_state(_DELIVERING):
            self._release(row, 0)
        result_of(self._queue.adopt(routes, depths))
        self._books.adopted, self._books.depths = routes, depths
        self._last = None  # only routes that are there are routed to

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
        expected = [row.id for row in self._books.of_state(_DELIVERING)]
        assert [one.id for one in result_of(self._queue.unfinished())] == expected

    @invariant()
    def every_row_is_counted(self) -> None:
        rows = self._books.rows
        counts = Counter((row.actor, row.route, row.state.value) for row in rows)
        assert dict(self._queue.counts()) == dict(counts)
        assert result_of(self._queue.cursor()) == self._seq

    @invariant()
    def every_row_is_as_it_should_be(self) -> None:
        rows = result_of(self._queue.for_events(range(self._seq + 1)))
        found = [one for some in rows.values() for one in some]
        assert sorted((one.id, one.state, one.attempts) for one in found) == sorted(
            (row.id, row.state, row.attempts) for row in self._books.rows
        )

    def teardown(self) -> None:
        result_of(self._queue.close())
        shutil.rmtree(self._root)


def _expected(new: NewDelivery) -> Row:
    row = Row(new.id, new.event_seq, new.route, new.actor, new.state)
    if new.ready is not None:
        row.is_ready = True
        row.key, row.due_at, row.gate = new.ready.order_key, new.ready.due_at, new.ready.gate
    return row


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
