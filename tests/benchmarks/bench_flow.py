"""Measure the whole path: webhook → filter → dedup → HTTP actor, every step durable.

    python tests/benchmarks/bench_flow.py [--events 100000] [--connections 16] [--rate 100]

One runtime process, one process that sends, one that receives, all on this machine. Prints events
per second end to end, CPU per event of the runtime, also against a runtime without a history,
resident memory, and with ``--rate`` the latencies at a steady rate.
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
    delivery: {{concurrency: {concurrency}}}
transforms:
  - {{name: no-noise, type: package, package: filter, config: {{exclude: {{payload.type: noise}}}}}}
  - {{name: once, type: package, package: dedup, config: {{key: [payload.number], window: 5m}}}}
routes:
{routes}
"""
ROUTE = """\
  - name: {name}
    when: {{source: tickets, filter: {{provenance.platform_event: {event}}}}}
    transforms: [{{ref: no-noise}}, {{ref: once}}]
    then: {{actor: desk}}
"""


def write_project(directory: Path, port: int, routes: int, concurrency: int) -> Path:
    wanted = ROUTE.format(name="wanted", event="ticket.opened")
    others = [ROUTE.format(name=f"r{n}", event=f"ticket.other{n}") for n in range(routes - 1)]
    text = PROJECT.format(port=port, routes="".join([wanted, *others]), concurrency=concurrency)
    file = directory / "orgloop.yaml"
    file.write_text(text)
    return file


def send(runtime: RuntimeProcess, events: int, connections: int, rate: float | None) -> list[str]:
    command = [sys.executable, str(HERE / "load.py"), str(runtime.port), "/webhook/tickets"]
    command += [str(events), str(connections), *([str(rate)] if rate else [])]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


class Stretch:
    """What a number of events cost."""

    def __init__(self, runtime: RuntimeProcess, target: SinkProcess, before: int) -> None:
        self.runtime, self.target, self.before = runtime, target, before
        self.cpu, self.wall = runtime.cpu_seconds(), time.monotonic()

    def end(self, events: int) -> None:
        self.target.wait_for(self.before + events)
        self.seconds = time.monotonic() - self.wall
        self.cpu_us = (self.runtime.cpu_seconds() - self.cpu) / events * 1e6
        self.rate = events / self.seconds


def throughput(runtime: RuntimeProcess, target: SinkProcess, events: int, connections: int) -> None:
    tenth = events // 10
    accepted = len(target.arrivals()) + 1000
    send(runtime, 1000, connections, None)
    target.wait_for(accepted)
    resident = runtime.resident_mb()
    stretches = []
    for _ in range(10):
        stretch = Stretch(runtime, target, accepted)
        answers = send(runtime, tenth, connections, None)
        refused = [line for line in answers if not line.startswith("200")]
        assert not refused, refused[:3]
        stretch.end(tenth)
        stretches.append(stretch)
        accepted += tenth
        print(f"  {accepted:7} events: {stretch.rate:6.0f}/s  {stretch.cpu_us:5.0f} µs CPU each")
    arrivals = target.arrivals()
    distinct = {key for _, key, *_ in arrivals}
    print(f"rate            {sum(s.rate for s in stretches) / 10:8.0f} events/s (mean of tenths)")
    print(f"CPU per event   {median(s.cpu_us for s in stretches):8.0f} µs (median of tenths)")
    print(f"lost            {accepted - len(distinct):8}")
    print(f"doubled         {len(arrivals) - len(distinct):8}")
    print(
        f"resident        {resident:8.1f} MB after 1,000; {runtime.resident_mb():.1f} MB at the end"
    )


def flatness(
    runtime: RuntimeProcess, fresh: RuntimeProcess, target: SinkProcess, connections: int
) -> None:
    """Compare a runtime with a history to a new one, turn by turn: the machine's speed drifts."""
    accepted = len(target.arrivals())
    costs: dict[RuntimeProcess, list[float]] = {fresh: [], runtime: []}
    for _ in range(6):
        for one, spent in costs.items():
            stretch = Stretch(one, target, accepted)
            send(one, 1000, connections, None)
            stretch.end(1000)
            accepted += 1000
            spent.append(stretch.cpu_us)
    old, new = (median(spent[1:]) for spent in (costs[runtime], costs[fresh]))
    print(f"old / new       {old / new:8.2f} (CPU per event with this history, and without)")


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def latency(runtime: RuntimeProcess, target: SinkProcess, rate: float, seconds: int) -> None:
    already = len(target.arrivals())
    count = int(rate * seconds)
    lines = [line.split() for line in send(runtime, count, 16, rate)]
    target.wait_for(already + count)
    arrived = {event: int(at) for event, _, at, *_ in target.arrivals()}
    accept = [(int(answered) - int(sent)) / 1e6 for _, _, sent, answered in lines]
    deliver = [(arrived[event] - int(answered)) / 1e6 for _, event, _, answered in lines]
    print(f"at {rate:.0f}/s for {seconds} s")
    for name, values in (("accept", accept), ("accepted → delivered", deliver)):
        print(
            f"  {name:21} median {median(values):6.1f} ms  p99 {percentile(values, 0.99):6.1f} ms"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--routes", type=int, default=1)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--rate", type=float, help="also measure latencies at this rate")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, sink() as target:
        directory = Path(scratch)
        project = write_project(directory, target.port, options.routes, options.concurrency)
        runtime = RuntimeProcess(project, directory / "home")
        fresh = RuntimeProcess(project, directory / "fresh")
        try:
            runtime.start()
            if options.rate:
                latency(runtime, target, options.rate, 30)
            if options.events:
                throughput(runtime, target, options.events, options.connections)
                fresh.start()
                flatness(runtime, fresh, target, options.connections)
        finally:
            runtime.stop()
            fresh.stop()


if __name__ == "__main__":
    main()
