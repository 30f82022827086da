"""Measure what a long history costs: each event, a start, and a start with a long queue.

    python tests/benchmarks/bench_history.py [--events 1000000] [--turns 8]

Prints the CPU time and the rate of an event end to end (webhook → dedup → HTTP actor) in a runtime
with that many settled events of history against a new one, turn by turn; then how long a start
takes with that history, and with a queue of as many waiting deliveries, until the runtime is ready.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from orgloop.storage.home import Home
from support.filled import Past
from support.process import HERE, RuntimeProcess, SinkProcess, sink

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {{name: bench}}
sources:
  - {{id: tickets, connector: webhook}}
actors:
  - id: desk
    connector: webhook
    config: {{url: "http://127.0.0.1:{port}/"}}
    delivery: {{concurrency: 16}}
transforms:
  - {{name: once, type: package, package: dedup, config: {{key: [payload.number], window: 5m}}}}
routes:
  - name: wanted
    when: {{source: tickets}}
    transforms: [{{ref: once}}]
    then: {{actor: desk}}
"""
_PER_TURN = 1_000
_STARTS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch, sink() as target:
        directory = Path(scratch)
        project = directory / "orgloop.yaml"
        project.write_text(PROJECT.format(port=target.port))
        compare(directory, project, target, options.events, options.turns)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch:
        directory = Path(scratch)
        project = directory / "orgloop.yaml"
        project.write_text(PROJECT.format(port=9))
        start_with_a_long_queue(directory, project, options.events)


def past(events: int, state: str, degraded: str | None = None) -> Past:
    return Past(
        project="bench",
        source="tickets",
        route="wanted",
        actor="desk",
        count=events,
        state=state,
        degraded=degraded,
    )


def compare(directory: Path, project: Path, target: SinkProcess, events: int, turns: int) -> None:
    past(events, "delivered").write(Home(directory / "old"))
    old = RuntimeProcess(project, directory / "old")
    new = RuntimeProcess(project, directory / "new")
    try:
        starts = [start_seconds(old) for _ in range(_STARTS)]
        new.start()
        print(f"start with {events} settled   median {median(starts):.2f} s", flush=True)
        costs: dict[RuntimeProcess, list[tuple[float, float]]] = {new: [], old: []}
        for turn in range(turns * 2):
            # Each goes first every other turn: what the machine does meanwhile hits both.
            one = (new, old, old, new)[turn % 4]
            costs[one].append(cost(one, target))
        for what, unit, place in (("CPU per event", "µs", 0), ("time per event", "µs", 1)):
            spent = {one: median(turn[place] for turn in costs[one][1:]) for one in costs}
            print(
                f"{what:15} {spent[old]:6.0f} {unit} with, {spent[new]:6.0f} {unit} without: "
                f"{spent[old] / spent[new]:.2f}",
                flush=True,
            )
    finally:
        old.stop()
        new.stop()


def start_seconds(runtime: RuntimeProcess) -> float:
    runtime.stop()
    began = time.monotonic()
    runtime.start()
    return time.monotonic() - began


def cost(runtime: RuntimeProcess, target: SinkProcess) -> tuple[float, float]:
    """Send events; return the CPU microseconds and the microseconds of one."""
    before = target.wait_for(0)
    cpu, began = runtime.cpu_seconds(), time.monotonic()
    command = [sys.executable, str(HERE / "load.py"), str(runtime.port), "/webhook/tickets"]
    subprocess.run([*command, str(_PER_TURN), "16"], stdout=subprocess.DEVNULL, check=True)
    target.wait_for(before + _PER_TURN)
    seconds = time.monotonic() - began
    return (runtime.cpu_seconds() - cpu) / _PER_TURN * 1e6, seconds / _PER_TURN * 1e6


def start_with_a_long_queue(directory: Path, project: Path, waiting: int) -> None:
    past(waiting, "waiting", "it does not answer").write(Home(directory / "long"))
    runtime = RuntimeProcess(project, directory / "long")
    try:
        starts = [start_seconds(runtime) for _ in range(_STARTS)]
        print(f"start with {waiting} waiting   median {median(starts):.2f} s", flush=True)
        print(f"resident then             {runtime.resident_mb():.1f} MB")
        runtime.kill()
        print(f"start after kill -9       {start_seconds(runtime):.2f} s")
    finally:
        runtime.stop()


if __name__ == "__main__":
    main()
