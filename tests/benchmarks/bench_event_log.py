"""Measure the event log: events a second, CPU per event, and whether history makes them dearer.

    python tests/benchmarks/bench_event_log.py [--history 1000000]

Every event is fsynced before it counts.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import count, islice
from pathlib import Path

from attrs import frozen
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import react

from orgloop.event import Event, Origin
from orgloop.identity import derived_event_id
from orgloop.records import NewEvent
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.worker import ThreadWorker

_FILL = 2_000
_EVENTS = {1: 3_000, 16: 20_000, 256: 40_000}  # by appends in flight


@frozen
class Measured:
    """What one run cost."""

    events: int
    seconds: float
    cpu_seconds: float

    def __str__(self) -> str:
        rate = self.events / self.seconds
        return f"{rate:8.0f} events/s {self.cpu_seconds / self.events * 1e6:6.0f} µs CPU per event"


def _events() -> Iterator[NewEvent]:
    """Yield different events of about 500 bytes, their ids scattered as digests are."""
    for number in count():
        event_id = derived_event_id("bench", "source", "bench", str(number))
        event = Event(
            event_id,
            "2026-01-31T08:15:00Z",
            "source",
            "resource.changed",
            {"platform": "bench", "platform_event": "something.happened"},
            {"number": number, "text": "x" * 150},
            Origin("runtime", "bench"),
            "trc_" + event_id.removeprefix("evt_"),
        )
        yield NewEvent(event, event.to_bytes(), number)


async def _append(log: SQLiteEventLog, events: Iterator[NewEvent]) -> None:
    for event in events:
        await log.append([event])


async def _measure(log: SQLiteEventLog, events: list[NewEvent], in_flight: int) -> Measured:
    began, cpu = time.perf_counter(), _cpu_seconds()
    rest = iter(events)
    await gatherResults([Deferred.fromCoroutine(_append(log, rest)) for _ in range(in_flight)])
    return Measured(len(events), time.perf_counter() - began, _cpu_seconds() - cpu)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _run(reactor: object, history: int) -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as directory:
        log = await SQLiteEventLog.open(
            Path(directory) / "events.db", partial(ThreadWorker, reactor)
        )
        events = _events()
        fresh = {}
        for in_flight, number in _EVENTS.items():
            fresh[in_flight] = await _measure(log, list(islice(events, number)), in_flight)
            _print(f"new log, {in_flight} in flight", str(fresh[in_flight]))
        for _ in range(0, history, _FILL):
            await log.append(list(islice(events, _FILL)))
        for in_flight, number in _EVENTS.items():
            later = await _measure(log, list(islice(events, number)), in_flight)
            ratio = later.cpu_seconds / later.events * fresh[in_flight].events
            ratio /= fresh[in_flight].cpu_seconds
            _print(f"after {history}, {in_flight} in flight", f"{later}, {ratio:.2f} times as much")
        await log.close()


def _print(what: str, measured: str) -> None:
    print(f"{what:32} {measured}", flush=True)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, default=1_000_000)
    history = parser.parse_args().history
    react(lambda reactor: Deferred.fromCoroutine(_run(reactor, history)))


if __name__ == "__main__":
    main()
