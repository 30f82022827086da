"""Measure the transforms that run in process, on events of 10 kB, and a log entry's way.

    python tests/benchmarks/bench_transforms.py

Prints microseconds of CPU per event and transform.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from attrs import evolve
from twisted.internet.task import Clock

from orgloop.errors import Dropped
from orgloop.event import Event
from orgloop.logentry import LogEntry
from orgloop.reports import Memory, TransformContext
from orgloop.runtime.observers import Observers
from orgloop.testing.lending import NOW_MS, lend
from orgloop.transforms.dedup import Dedup, DedupConfig
from orgloop.transforms.enrich.enrich import Enrich, EnrichConfig
from orgloop.transforms.filter.filter import CriteriaFilter, FilterConfig

_ROUNDS = 20_000
_EVENT = Event(
    "evt_1",
    "2026-01-31T08:15:00Z",
    "github",
    "resource.changed",
    {"platform": "github", "author": "alice", "author_type": "team_member"},
    {
        "pr_number": 42,
        "title": "Fix the thing",
        "additions": 512,
        "files": [{"path": f"src/file{number}.py", "lines": number} for number in range(250)],
    },
)
_CONTEXT = lend(Path("/nowhere"), clock=Clock())


def _seen(memory: Memory | None = None) -> TransformContext:
    return TransformContext(
        source="github",
        target="actor",
        event_type="resource.changed",
        route="route",
        accepted_at=NOW_MS,
        memory=memory or Memory(),
    )


def _filter(config: FilterConfig) -> Callable[[], object]:
    apply, seen = CriteriaFilter(config).apply, _seen()

    def once() -> object:
        try:
            return apply(_EVENT, seen)
        except Dropped:
            return None

    return once


def _dedup() -> Callable[[], object]:
    dedup = Dedup(DedupConfig(key=("source", "type", "payload.pr_number")), _CONTEXT)

    def once() -> object:
        seen = _seen()
        dedup.memory_keys(_EVENT, seen)
        return dedup.apply(_EVENT, seen)

    return once


def _enrich() -> Callable[[], object]:
    config = EnrichConfig(
        set={"payload.team": "platform"},
        copy={"payload.author": "provenance.author"},
        compute={"payload.large": "payload.additions > 500", "payload.at": "{{now}}"},
    )
    enrich, seen = Enrich(config, _CONTEXT), _seen()
    return lambda: enrich.apply(_EVENT, seen)


def _observe(*, is_heard: bool) -> Callable[[], object]:
    observers = Observers(Clock())
    if is_heard:
        observers.subscribe(lambda entry: None)
    entry = LogEntry(phase="source.emit", timestamp=NOW_MS, project="p", event_id="evt_1")
    return lambda: observers.observe(entry)


def main() -> None:
    """Print one line for each."""
    exact = FilterConfig(
        exclude={"provenance.author_type": "bot"},
        match={"type": "resource.changed", "payload.pr_number": 42},
    )
    cases = {
        "event.to_json": _EVENT.to_json,
        "event.to_bytes": _EVENT.to_bytes,
        "filter, passes": _filter(exact),
        "filter, drops": _filter(evolve(exact, match={"payload.pr_number": 1})),
        "filter, /regex/": _filter(FilterConfig(match={"payload.title": "/^fix (the|a)/i"})),
        "filter, look-around": _filter(FilterConfig(match={"payload.title": "/^(?!wip)/i"})),
        "dedup": _dedup(),
        "enrich": _enrich(),
        "observe, nobody listens": _observe(is_heard=False),
        "observe, one listens": _observe(is_heard=True),
    }
    print(f"an event of {len(_EVENT.to_bytes())} bytes")
    for name, once in cases.items():
        once()
        began = time.process_time()
        for _ in range(_ROUNDS):
            once()
        spent = (time.process_time() - began) / _ROUNDS * 1e6
        print(f"{name:<26}{spent:8.1f} µs")


if __name__ == "__main__":
    main()
