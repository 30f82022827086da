"""Bursts and batches, over crashes, decisions of people and routes that come and go."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from orgloop.delivery import DEAD_LETTERS, OPEN_STATES, Delivery, DeliveryState
from orgloop.records import Batch, Claim, Debounce, Gather, Ready, Transformed
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.testing.storage_records import PROJECT, batch, new_delivery, settlement
from support.storage import InlineWorker, result_of

_QUIET, _LATEST, _MAX, _EVERY = 4, 12, 3, 8
_HOW: dict[str, Debounce | Batch | None] = {
    "debounced": Debounce(quiet_ms=_QUIET, max_ms=_LATEST),
    "batched": Batch(max=_MAX, every_ms=_EVERY),
    "plain": None,
}
_ROUTES = sorted(_HOW, key=lambda route: route == "plain")
_WAITING, _MERGED, _HELD = DeliveryState.WAITING, DeliveryState.MERGED, DeliveryState.HELD
_rows = st.tuples(
    st.sampled_from(_ROUTES),
    st.sampled_from([None, "k"]),
    st.sampled_from([_WAITING] * 6 + [DeliveryState.MATCHED, _HELD]),
)
_some_routes = st.sampled_from([_ROUTES, _ROUTES, ["batched", "plain"], ["debounced"]])
_ends = st.sampled_from([None, _WAITING, DeliveryState.DELIVERED, DeliveryState.DEAD])
_DECISIONS = {
    "discard": OPEN_STATES | {_MERGED},
    "reopen": DEAD_LETTERS,
    "unhold": frozenset({_HELD}),
}


def _version(seq: int) -> int:
    """Return what a row is a version of: rows come in no order."""
    return seq * 7 % 5


class GroupMachine(RuleBasedStateMachine):
    """What must hold of groups whatever happens, rather than what exactly becomes of them."""

    def __init__(self) -> None:
        super().__init__()
        self._root = Path(tempfile.mkdtemp())
        self._generation = 0
        self._seq = 0
        self._now = 100
        self._came: dict[int, int] = {}
        self._touched: set[int] = set()
        self._adopted = frozenset(_ROUTES)
        self._in_flight: dict[str, Claim] = {}
        self._members: dict[str, list[int]] = {}
        self._delivered: Counter[str] = Counter()
        self._open(self._root / "queue.db")

    def _open(self, path: Path) -> None:
        self._path = path
        self._queue = result_of(SQLiteDeliveryQueue.open(path, PROJECT, InlineWorker))
        result_of(self._queue.adopt(self._adopted))

    @rule(new=st.lists(_rows, min_size=1, max_size=5))
    def route(self, new: list[tuple[str, str | None, DeliveryState]]) -> None:
        rows = []
        for route, key, state in new:
            if route not in self._adopted:
                continue
            self._seq += 1
            self._came[self._seq] = self._now
            if state is not _WAITING:
                self._touched.add(self._seq)
            is_ready = state is not DeliveryState.MATCHED
            ready = self._ready(route, key, self._seq) if is_ready else None
            rows.append(new_delivery(self._seq, route=route, state=state, ready=ready))
        if rows:
            result_of(self._queue.route(batch(*rows)))

    def _ready(self, route: str, key: str | None, seq: int) -> Ready:
        how = _HOW[route]
        if isinstance(how, Debounce):
            how = evolve(how, version=_version(seq))
        gather = None if how is None else Gather(key=key or "", how=how)
        return Ready(order_key=key, due_at=self._now, gather=gather)

    @rule(route=st.sampled_from(_ROUTES), key=st.sampled_from([None, "k"]))
    def transform(self, route: str, key: str | None) -> None:
        if route in self._adopted:
            for row in result_of(self._queue.matched(route, 2)):
                ready = self._ready(route, key, row.event_seq)
                moved = Transformed(row=row.row, state=_WAITING, now=0, ready=ready)
                result_of(self._queue.transformed(moved))

    @rule(limit=st.integers(1, 3), by=st.integers(0, 12))
    def claim(self, limit: int, by: int) -> None:
        self._now += by
        claims = result_of(self._queue.claim("actor", limit, self._now))
        assert len(claims) <= limit
        for claim in claims:
            self._check(claim)
            self._in_flight[claim.id] = claim

    def _check(self, claim: Claim) -> None:
        assert claim.route in self._adopted
        seqs = [one.event_seq for one in claim.members]
        assert bool(seqs) == (claim.route == "batched")
        if seqs:
            assert seqs[-1] == claim.event_seq
            assert len(seqs) <= _MAX
        assert self._members.setdefault(claim.id, seqs) == seqs
        if claim.attempt == 1 and not self._touched.intersection(seqs or [claim.event_seq]):
            self._check_time(claim, seqs)
        in_line = (claim.route, claim.order_key)
        others = [(one.route, one.order_key) for one in self._in_flight.values()]
        assert claim.order_key is None or in_line not in others

    def _check_time(self, claim: Claim, seqs: list[int]) -> None:
        if claim.route == "debounced":
            carried = [row.event_seq for row in self._books() if row.into == claim.id]
            first = min(self._came[seq] for seq in [*carried, claim.event_seq])
            quiet_since = self._now - self._came[claim.event_seq]
            assert quiet_since >= _QUIET or self._now - first >= _LATEST
            assert all(_version(seq) <= _version(claim.event_seq) for seq in carried)
        if seqs and len(seqs) < _MAX and not self._touched:
            assert self._now - self._came[seqs[0]] >= _EVERY

    @rule(data=st.data(), state=_ends, later=st.integers(0, 5))
    def settle(self, data: st.DataObject, state: DeliveryState | None, later: int) -> None:
        if not self._in_flight:
            return
        claim = self._in_flight.pop(data.draw(st.sampled_from(sorted(self._in_flight))))
        if state is None:
            result_of(self._queue.release(claim.row, self._now))
        else:
            self._settle(claim, state, self._now + later)

    def _settle(self, claim: Claim, state: DeliveryState, due_at: int) -> None:
        again = due_at if state is _WAITING else None
        result_of(self._queue.settle(settlement(claim, state, now=self._now, due_at=again)))
        self._delivered[claim.id] += state is DeliveryState.DELIVERED

    @rule(data=st.data(), decision=st.sampled_from(sorted(_DECISIONS)))
    def decide(self, data: st.DataObject, decision: str) -> None:
        found = [row for row in self._books() if row.state in _DECISIONS[decision]]
        if not found:
            return
        row = data.draw(st.sampled_from(found))
        changed = result_of(getattr(self._queue, decision)([row.id], self._now))
        assert bool(changed) == (row.state not in (DeliveryState.DELIVERING, _MERGED))
        self._touched.update(one.event_seq for one in self._books() if one.route == row.route)

    @rule(routes=_some_routes, depth=st.sampled_from([None, None, 4]))
    def adopt(self, routes: list[str], depth: int | None) -> None:
        """Go on with these routes, as after a change of the project; none is in flight then."""
        for claim in self._in_flight.values():
            result_of(self._queue.release(claim.row, self._now))
        self._in_flight.clear()
        self._adopted = frozenset(routes)
        if depth is not None:
            self._touched.update(range(self._seq + 100))
        result_of(self._queue.adopt(routes, {} if depth is None else {"actor": depth}))

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
        unfinished = result_of(self._queue.unfinished())
        assert {one.id: one for one in unfinished} == self._in_flight

    def _books(self) -> list[Delivery]:
        rows = result_of(self._queue.for_events(range(self._seq + 1)))
        return [one for some in rows.values() for one in some]

    @invariant()
    def every_merged_row_is_carried(self) -> None:
        books = {row.id: row for row in self._books()}
        counted = Counter((row.actor, row.route, str(row.state)) for row in books.values())
        assert dict(self._queue.counts()) == dict(counted)
        for row in books.values():
            if row.state is not _MERGED:
                assert row.into is None
                continue
            carrier = books[row.into or ""]
            assert row.attempts == 0
            assert carrier.state is not _MERGED
            assert (row.settled_at is None) == (carrier.settled_at is None)
            assert carrier.is_batch == (row.route == "batched")

    def teardown(self) -> None:
        try:
            self._everything_goes_out()
        finally:
            result_of(self._queue.close())
            shutil.rmtree(self._root)

    def _everything_goes_out(self) -> None:
        """From wherever it is, going on with everything settles everything, once."""
        self._adopted = frozenset(_ROUTES)
        for claim in self._in_flight.values():
            result_of(self._queue.release(claim.row, self._now))
        self._in_flight.clear()
        result_of(self._queue.adopt(self._adopted))
        result_of(self._queue.unhold([row.id for row in self._books()], self._now))
        for route in _ROUTES:
            while result_of(self._queue.matched(route, 1)):
                self.transform(route, "k")
        self._now += _LATEST + _EVERY
        while claims := result_of(self._queue.claim("actor", 50, self._now)):
            for claim in claims:
                self._settle(claim, DeliveryState.DELIVERED, 0)
        assert not [row for row in self._books() if row.state in OPEN_STATES]
        self.every_merged_row_is_carried()
        assert set(self._delivered.values()) <= {0, 1}
        carried = Counter(seq for seqs in self._members.values() for seq in seqs)
        assert not carried or max(carried.values()) == 1


TestGroups = GroupMachine.TestCase
TestGroups.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
