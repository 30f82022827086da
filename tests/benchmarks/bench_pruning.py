"""Measure what pruning a long history does to the requests that come in meanwhile.

    python tests/benchmarks/bench_pruning.py [--events 1000000]

Everything is too old at once, and pruning begins after half a minute instead of an hour. Prints the
slowest webhook and the slowest ``/api/status`` before and while it runs, how long it took, and the
sizes of the files: their room is reused, and they do not shrink.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from orgloop.storage.home import Home
from support.filled import Past
from support.process import RuntimeProcess, sink

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {{name: bench}}
sources:
  - {{id: tickets, connector: webhook}}
actors:
  - {{id: desk, connector: webhook, config: {{url: "http://127.0.0.1:{port}/"}}}}
routes:
  - name: wanted
    when: {{source: tickets}}
    then: {{actor: desk}}
"""
_BEFORE_SECONDS = 30.0
# The same program with an hour that is half a minute long.
_SOON = f"""
from orgloop.runtime import retention, timekeeper
timekeeper.STEADY_SECONDS = {_BEFORE_SECONDS - 5}
retention._REST_SECONDS = {_BEFORE_SECONDS}
from orgloop.cli.main import main
main()
"""
_DAY_MS = 86_400_000


class Requests:
    """One kind of request, made at a steady pace over one connection."""

    def __init__(self, name: str, per_second: float, make: Callable[[], object]) -> None:
        self.name = name
        self.taken: list[tuple[float, float]] = []
        """When each began, and how many seconds it took."""
        self._pause, self._make = 1 / per_second, make
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._enough.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._enough.wait(self._pause):
            began = time.monotonic()
            self._make()
            self.taken.append((began, time.monotonic() - began))

    def show(self, what: str, began: float, ended: float) -> None:
        times = sorted(seconds for at, seconds in self.taken if began <= at < ended)
        print(
            f"{self.name:16} {what:16} {len(times):6} requests  median {median(times) * 1e3:5.1f} "
            f"ms  p99 {times[len(times) * 99 // 100] * 1e3:5.1f} ms  "
            f"worst {times[-1] * 1e3:5.1f} ms",
            flush=True,
        )


class Client:
    """A connection that is kept."""

    def __init__(self, runtime: RuntimeProcess) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", runtime.port, timeout=60)
        self._headers = {"Authorization": f"Bearer {runtime.token}"}

    def ask(self, method: str, path: str, body: bytes | None = None) -> None:
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch, sink() as target:
        run(Path(scratch), target.port, options.events)


def run(scratch: Path, port: int, events: int) -> None:
    project = scratch / "orgloop.yaml"
    project.write_text(PROJECT.format(port=port))
    home = Home(scratch / "home")
    Past(
        project="bench",
        source="tickets",
        route="wanted",
        actor="desk",
        count=events,
        state="delivered",
        newest_ms=time.time_ns() // 1_000_000 - 8 * _DAY_MS,
    ).write(home)
    files = (home.event_log, home.queue("bench"))
    print(f"files before     {sizes(files)}", flush=True)
    runtime = RuntimeProcess(project, home.root).start(sys.executable, "-c", _SOON)
    try:
        measure(runtime, files, events)
    finally:
        runtime.stop()
    print(f"files after      {sizes(files)}")


def measure(runtime: RuntimeProcess, files: tuple[Path, ...], events: int) -> None:
    sender, asker = Client(runtime), Client(runtime)
    body = json.dumps({"type": "ticket.opened", "text": "x" * 300}).encode()
    kinds = (
        Requests("webhook", 40, lambda: sender.ask("POST", "/webhook/tickets", body)),
        Requests("/api/status", 20, lambda: asker.ask("GET", "/api/status")),
    )
    began = time.monotonic()
    for kind in kinds:
        kind.start()
    until(lambda: oldest(files[1], "deliveries", "row") > 1)
    first = time.monotonic()
    until(lambda: oldest(files[0], "events", "seq") > events)
    ended = time.monotonic()
    for kind in kinds:
        kind.stop()
        kind.show("before", began + 5, first - 1)
        kind.show("while pruning", first, ended)
    print(f"{events} events and deliveries pruned in {ended - first:.0f} s")
    print(f"resident         {runtime.resident_mb():.1f} MB")


def oldest(file: Path, table: str, column: str) -> int:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return int(connection.execute(f"SELECT min({column}) FROM {table}").fetchone()[0] or 0)


def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(0.5)


def sizes(files: tuple[Path, ...]) -> str:
    return ", ".join(f"{file.name} {file.stat().st_size / 1e6:.0f} MB" for file in files)


if __name__ == "__main__":
    main()
