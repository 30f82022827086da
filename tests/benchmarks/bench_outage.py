"""Measure an outage: an actor that is away while its deliveries pile up, and comes back.

    python tests/benchmarks/bench_outage.py [--waiting 100000]

One run prints: the resident memory of a runtime whose circuit is open with that many waiting, and
after 10,000 more have come in, against an idle one; how long ``/api/status`` and `orgloop status`
take; how long a restart takes until it is ready; and how fast the backlog drains, against the rate
of fresh events before (in the idle one) and after (from the first sent to the last delivered).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from orgloop.storage.home import Home
from support.filled import Past
from support.process import HERE, RuntimeProcess, sink

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
    delivery: {{concurrency: 16, circuit_breaker: {{cooldown: 5s}}}}
routes:
  - name: wanted
    when: {{source: tickets}}
    then: {{actor: desk}}
"""
_SETTLE_SECONDS = 6.0  # the API is loaded and start-up garbage is gone
_STATUS_TIMES = 9
_FRESH = 5_000
_MORE = 10_000


def seconds_of(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def send(runtime: RuntimeProcess, events: int) -> None:
    command = [sys.executable, str(HERE / "load.py"), str(runtime.port), "/webhook/tickets"]
    subprocess.run([*command, str(events), "16"], stdout=subprocess.DEVNULL, check=True)


def fresh_rate(runtime: RuntimeProcess, wait_for: Callable[[int], object], before: int) -> float:
    """Send events as fast as they are taken; return how many are delivered a second."""
    began = time.monotonic()
    send(runtime, _FRESH)
    wait_for(before + _FRESH)
    return _FRESH / (time.monotonic() - began)


def settled_memory(runtime: RuntimeProcess) -> float:
    runtime.get("/api/status")
    threading.Event().wait(_SETTLE_SECONDS)
    return runtime.resident_mb()


def status(runtime: RuntimeProcess) -> None:
    """Print how long the status takes, over HTTP and on the command line."""
    over_http = [seconds_of(lambda: runtime.get("/api/status")) for _ in range(_STATUS_TIMES)]
    command = [sys.executable, "-m", "orgloop", "--home", str(runtime.home), "status"]
    on_command_line = [
        seconds_of(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True))
        for _ in range(_STATUS_TIMES)
    ]
    for name, taken in (("GET /api/status", over_http), ("orgloop status", on_command_line)):
        print(f"{name:24} median {median(taken):.3f} s  worst {max(taken):.3f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch:
        run(Path(scratch), options.waiting)


def run(scratch: Path, waiting: int) -> None:
    with sink() as placeholder:
        port = placeholder.port
    project = scratch / "orgloop.yaml"
    project.write_text(PROJECT.format(port=port))
    Past(
        project="bench",
        source="tickets",
        route="wanted",
        actor="desk",
        count=waiting,
        state="waiting",
        spread_ms=3_600_000,
        degraded="http://127.0.0.1 does not answer",
    ).write(Home(scratch / "home"))
    idle = RuntimeProcess(project, scratch / "idle")
    runtime = RuntimeProcess(project, scratch / "home")
    try:
        idle.start()
        runtime.start()
        resting, piled_up = settled_memory(idle), settled_memory(runtime)
        print(f"{'idle':24} {resting:.1f} MB")
        print(f"{f'{waiting} waiting':24} {piled_up:.1f} MB ({piled_up - resting:+.1f})")
        send(runtime, _MORE)
        piled_up = settled_memory(runtime)
        print(f"{f'and {_MORE} more':24} {piled_up:.1f} MB ({piled_up - resting:+.1f})", flush=True)
        status(runtime)
        runtime.stop()
        print(f"{'restart until ready':24} {seconds_of(runtime.start):.2f} s", flush=True)
        piled = waiting + _MORE
        with sink(port) as target:
            before = fresh_rate(idle, target.wait_for, 0)
            idle.stop()
            arrived = target.wait_for(_FRESH + 1)  # the circuit has closed
            began = time.monotonic()
            target.wait_for(_FRESH + piled)
            drained = (_FRESH + piled - arrived) / (time.monotonic() - began)
            after = fresh_rate(runtime, target.wait_for, _FRESH + piled)
        print(f"{'fresh events':24} {before:.0f}/s before, {after:.0f}/s after")
        print(f"{'drained at':24} {drained:.0f}/s ({drained / median([before, after]):.0%})")
    finally:
        idle.stop()
        runtime.stop()


if __name__ == "__main__":
    main()
