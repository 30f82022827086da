"""Measure a delivery's way through the queue: routed, claimed, settled.

    python tests/benchmarks/bench_queue.py [--rows 1000000]

Prints CPU microseconds per delivery (all three steps, in groups of 16, commits included) for an
empty queue, one with a long history, one with a long backlog, and one with a long line behind a
single order key.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import react

from orgloop.delivery import DeliveryState
from orgloop.records import Claim, NewDelivery, Ready, RoutedBatch, Settlement
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.storage.worker import ThreadWorker

_GROUP = 16
_FILL = 2_000
_DELIVERIES = 4_800
_FEW = 1_000


def _row(seq: int, actor: str, state: DeliveryState, key: str | None = None) -> NewDelivery:
    is_waiting = state is DeliveryState.WAITING
    return NewDelivery(
        id=f"dlv_{seq:x}x{seq:032x}",
        event_id=f"evt_{seq:032x}",
        event_seq=seq,
        route="route",
        actor=actor,
        state=state,
        accepted_at=seq,
        created_at=seq,
        ready=Ready(order_key=key, due_at=seq) if is_waiting else None,
    )


class Bench:
    """A queue, filled and then worked on."""

    def __init__(self, queue: SQLiteDeliveryQueue) -> None:
        self._queue = queue
        self._seq = 0

    async def fill(self, rows: int, make: Callable[[int], NewDelivery]) -> None:
        for _ in range(0, rows, _FILL):
            some = [make(self._next()) for _ in range(_FILL)]
            await self._queue.route(RoutedBatch(cursor=self._seq, rows=some))

    def _next(self) -> int:
        self._seq += 1
        return self._seq

    async def work(self, deliveries: int, key: Callable[[int], str | None]) -> float:
        """Route and deliver; return the CPU microseconds of one delivery, all steps together."""
        before = _cpu_seconds()
        for _ in range(deliveries // _GROUP):
            seqs = [self._next() for _ in range(_GROUP)]
            rows = [_row(seq, "busy", DeliveryState.WAITING, key(seq)) for seq in seqs]
            routed = self._queue.route(RoutedBatch(cursor=self._seq, rows=rows))
            claims = await self._queue.claim("busy", _GROUP, self._seq)
            await routed
            await self._settle(claims)
        return (_cpu_seconds() - before) / deliveries * 1e6

    async def work_in_line(self, deliveries: int) -> float:
        """Deliver what stands behind one key, one after another, as its order demands."""
        before = _cpu_seconds()
        claims = await self._queue.claim("busy", 1, self._seq)
        for _ in range(deliveries):
            settled = self._settle(claims)
            claims = await self._queue.claim("busy", 1, self._seq)
            await settled
        await self._settle(claims)
        return (_cpu_seconds() - before) / deliveries * 1e6

    def _settle(self, claims: Sequence[Claim]) -> Deferred[object]:
        return gatherResults(
            [
                self._queue.settle(
                    Settlement(
                        row=claim.row,
                        state=DeliveryState.DELIVERED,
                        now=self._seq,
                        started_at=self._seq,
                        outcome="delivered",
                    )
                )
                for claim in claims
            ]
        )


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _run(reactor: object, rows: int) -> None:
    def settled(seq: int) -> NewDelivery:
        return _row(seq, "done", DeliveryState.DROPPED)

    def waiting(seq: int) -> NewDelivery:
        return _row(seq, "slow", DeliveryState.WAITING)

    def in_line(seq: int) -> NewDelivery:
        return _row(seq, "busy", DeliveryState.WAITING, "hot")

    def alone(seq: int) -> str | None:
        return None

    cases = (
        ("empty", 0, settled, lambda bench: bench.work(_DELIVERIES, alone)),
        (f"{rows} settled", rows, settled, lambda bench: bench.work(_DELIVERIES, alone)),
        (f"{rows} waiting elsewhere", rows, waiting, lambda bench: bench.work(_DELIVERIES, alone)),
        (
            f"other keys, {rows // 10} behind one",
            rows // 10,
            in_line,
            lambda bench: bench.work(_DELIVERIES, str),
        ),
        (
            f"one key, {rows // 10} behind it, one by one",
            rows // 10,
            in_line,
            lambda bench: bench.work_in_line(_FEW),
        ),
        ("one key, few behind it, one by one", _FILL, in_line, lambda b: b.work_in_line(_FEW)),
    )
    for name, count, make, work in cases:
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as directory:
            queue = await SQLiteDeliveryQueue.open(
                Path(directory) / "queue.db", "bench", partial(ThreadWorker, reactor)
            )
            bench = Bench(queue)
            await bench.fill(count, make)
            cost = await work(bench)
            print(f"{name:44} {cost:6.0f} µs CPU per delivery", flush=True)
            await queue.close()


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    react(lambda reactor: Deferred.fromCoroutine(_run(reactor, rows)))


if __name__ == "__main__":
    main()
