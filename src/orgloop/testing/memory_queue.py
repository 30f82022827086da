"""A queue that keeps its books in memory, and refuses when a test says that the disk does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, fail, succeed
from zope.interface import implementer

from orgloop.delivery import Delivery, DeliveryState
from orgloop.errors import StorageUnavailable
from orgloop.interfaces import IDeliveryQueue
from orgloop.records import (
    Claim,
    DeliveryQuery,
    Matched,
    MemoryWrite,
    NewDelivery,
    Recalled,
    RoutedBatch,
    Settlement,
    Transformed,
)
from orgloop.testing.memory_row import Row

_MATCHED, _WAITING, _DELIVERING = (
    DeliveryState.MATCHED,
    DeliveryState.WAITING,
    DeliveryState.DELIVERING,
)


@implementer(IDeliveryQueue)
@define(eq=False)
class MemoryDeliveryQueue:
    """See `IDeliveryQueue`. A change is "durable" at once; what is due is found by looking."""

    project: str
    refuses: bool = False
    """Whether the disk says no."""
    _rows: dict[int, Row] = field(factory=dict, init=False)
    _known: set[tuple[str, str | None, int]] = field(factory=set, init=False)
    _memory: Recalled = field(factory=dict, init=False)
    _cursor: int = field(default=0, init=False)
    _adopted: Collection[str] | None = field(default=None, init=False)

    # --- routing

    async def cursor(self) -> int:
        return self._cursor

    def adopt(self, routes: Collection[str]) -> Deferred[None]:
        return self._change(self._adopt, frozenset(routes))

    def _adopt(self, routes: Collection[str]) -> None:
        self._adopted = routes

    def route(self, batch: RoutedBatch) -> Deferred[None]:
        return self._change(self._route, batch)

    def _route(self, batch: RoutedBatch) -> None:
        before = len(self._rows)
        for new in batch.rows:
            self._add(new)
        if len(self._rows) > before:
            self._remember(batch.memory)
        self._cursor = max(self._cursor, batch.cursor)

    def _add(self, new: NewDelivery) -> None:
        what = (new.event_id, new.route, new.replay)
        if what not in self._known:
            self._known.add(what)
            number = len(self._rows) + 1
            self._rows[number] = Row(number, new)

    async def matched(self, route: str, limit: int) -> list[Matched]:
        found = [row for row in self._of(_MATCHED) if row.new.route == route]
        return [row.matched() for row in found[:limit]]

    async def matched_routes(self) -> list[str]:
        return sorted({row.new.route for row in self._of(_MATCHED) if row.new.route is not None})

    def transformed(self, row: Transformed) -> Deferred[None]:
        return self._change(self._transform, row)

    def _transform(self, how: Transformed) -> None:
        if self._rows[how.row].state is _MATCHED:
            self._rows[how.row].transform(how)
            self._remember(how.memory)

    async def recall(self, keys: Sequence[tuple[str, str]]) -> Recalled:
        return {key: self._memory[key] for key in keys if key in self._memory}

    def _remember(self, written: Sequence[MemoryWrite]) -> None:
        self._memory.update({(one.scope, one.key): one.value for one in written})

    # --- attempts

    def claim(self, actor: str, limit: int, now: int) -> Deferred[list[Claim]]:
        return self._change(self._claim, actor, limit, now)

    def _claim(self, actor: str, limit: int, now: int) -> list[Claim]:
        due = [row for row in self._due(actor) if row.due_at <= now]
        return [row.begin() for row in due[:limit]]

    async def next_due(self, actor: str) -> int | None:
        return next((row.due_at for row in self._due(actor)), None)

    def _due(self, actor: str) -> list[Row]:
        due = [row for row in self._may_go() if row.new.actor == actor]
        return sorted(due, key=lambda row: (row.due_at, row.number))

    def _may_go(self) -> Iterator[Row]:
        """Return the waiting rows that neither their line nor their route holds back."""
        lines = set()
        for row in self._of(_WAITING, _DELIVERING):
            line = (row.new.route, row.ready.order_key)
            is_head = line[1] is None or line not in lines
            lines.add(line)
            is_adopted = self._adopted is None or row.new.route in self._adopted
            if row.state is _WAITING and is_head and is_adopted:
                yield row

    def prepare(self, row: int, content: bytes) -> Deferred[None]:
        return self._change(setattr, self._rows[row], "content", content)

    def note_process(self, row: int, pid: int, started: str) -> Deferred[None]:
        return self._change(setattr, self._rows[row], "process", (pid, started))

    def settle(self, settlement: Settlement) -> Deferred[None]:
        return self._change(self._settle, settlement)

    def _settle(self, how: Settlement) -> None:
        if self._rows[how.row].state is _DELIVERING:
            self._rows[how.row].settle(how)

    def release(self, row: int, now: int) -> Deferred[None]:
        return self._change(self._release, row, now)

    def _release(self, row: int, now: int) -> None:
        if self._rows[row].state is _DELIVERING:
            self._rows[row].release(now)

    async def unfinished(self) -> list[Claim]:
        return [row.claim() for row in self._of(_DELIVERING)]

    # --- asking

    async def get(self, delivery_id: str) -> Delivery | None:
        row = self._find(delivery_id)
        return None if row is None else self._delivery(row)

    async def for_events(self, event_seqs: Sequence[int]) -> dict[int, list[Delivery]]:
        found: dict[int, list[Delivery]] = {}
        for row in self._rows.values():
            if row.new.event_seq in event_seqs:
                found.setdefault(row.new.event_seq, []).append(self._delivery(row))
        return found

    async def query(self, query: DeliveryQuery) -> list[Delivery]:
        last = None if query.before is None else self._find(query.before)
        found = [
            row
            for row in reversed(self._rows.values())
            if row.matches(query) and (last is None or row.number < last.number)
        ]
        return [self._delivery(row) for row in found[: query.limit]]

    async def history(self, delivery_id: str) -> dict[str, Any]:
        row = self._find(delivery_id)
        return {"steps": [], "attempts": []} if row is None else row.story()

    def counts(self) -> Mapping[tuple[str | None, str | None, str], int]:
        return Counter(
            (row.new.actor, row.new.route, str(row.state)) for row in self._rows.values()
        )

    async def close(self) -> None:
        """Nothing is lost: a test may go on with the same object."""

    # ---

    def _change(self, change: Callable[..., Any], *arguments: Any) -> Deferred[Any]:
        if self.refuses:
            return fail(StorageUnavailable("the disk refuses"))
        return succeed(change(*arguments))

    def _of(self, *states: DeliveryState) -> list[Row]:
        return [row for row in self._rows.values() if row.state in states]

    def _find(self, delivery_id: str) -> Row | None:
        return next((row for row in self._rows.values() if row.new.id == delivery_id), None)

    def _delivery(self, row: Row) -> Delivery:
        return row.delivery(self.project, may_go=row in self._may_go())
