"""Measure the process itself: how soon it answers, what it costs when nothing happens.

    python tests/benchmarks/bench_process.py [--rounds 5] [--idle 30]

Prints, each as median and worst of the rounds: from exec to the first webhook answered 200, from
SIGTERM to the end, `orgloop status`, `orgloop --help` and a hook that hands something over as whole
processes; then the resident memory and the CPU time of an idle runtime.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: bench}
sources:
  - {id: hook, connector: webhook}
actors:
  - {id: desk, connector: webhook, config: {url: "http://127.0.0.1:9/"}}
transforms:
  - {name: no-noise, type: package, package: filter, config: {exclude: {payload.type: noise}}}
  - {name: once, type: package, package: dedup, config: {key: [payload.n], window: 5m}}
routes:
  - name: all
    when: {source: hook}
    transforms: [{ref: no-noise}, {ref: once}]
    then: {actor: desk}
"""
LIMIT_SECONDS = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_answer(port: int) -> None:
    """Return when a webhook has been answered 200."""
    pause, until = threading.Event(), time.monotonic() + LIMIT_SECONDS
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("POST", "/webhook/hook", b'{"n": 1}')
            if connection.getresponse().status == 200:
                return
            connection.close()
        except OSError:
            pass
        pause.wait(0.005)
    raise SystemExit("the runtime never answered")


def timed(command: list[str], environ: dict[str, str]) -> float:
    began = time.monotonic()
    subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--idle", type=float, default=30.0, help="seconds to watch it idle")
    options = parser.parse_args()
    orgloop = str(Path(sys.executable).parent / "orgloop")
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch, "orgloop.yaml")
        project.write_text(PROJECT)
        for number in range(options.rounds):
            port = free_port()
            environ = {
                **os.environ,
                "ORGLOOP_HOME": f"{scratch}/home{number}",
                "ORGLOOP_PORT": str(port),
            }
            began = time.monotonic()
            process = subprocess.Popen(
                [orgloop, "-c", str(project), "start"], env=environ, stderr=subprocess.DEVNULL
            )
            first_answer(port)
            figures.setdefault("exec to first 200", []).append(time.monotonic() - began)
            for name, command in (
                ("status", ["status"]),
                ("--help", ["--help"]),
                ("hook", ["hook", "hook", '{"n": 2}']),
            ):
                seconds = timed([orgloop, *command], environ)
                figures.setdefault(f"orgloop {name}", []).append(seconds)
            if number == options.rounds - 1:
                watch(process.pid, options.idle)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait()
            figures.setdefault("SIGTERM to the end", []).append(time.monotonic() - began)
    for name, values in figures.items():
        print(f"{name:20} median {median(values):5.2f} s  worst {max(values):5.2f} s")


def watch(pid: int, seconds: float) -> None:
    before = cpu_seconds(pid)
    threading.Event().wait(seconds)
    used = cpu_seconds(pid) - before
    print(
        f"idle                 {resident_mb(pid):.1f} MB resident, {used / seconds:.2%} of a core"
    )


if __name__ == "__main__":
    main()
