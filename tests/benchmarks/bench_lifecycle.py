"""Measure starts, stops, kills and restarts of a daemon, with and without a supervisor.

    python tests/benchmarks/bench_lifecycle.py [--rounds 7] [--pairs 50] [--load 4]

Prints, as median and worst of the rounds, which take turns: `orgloop start --daemon` as a whole
command, which ends when the runtime is ready; `orgloop stop` of an idle one; a supervised runtime
killed with -9 until the first webhook is accepted again (the backoff of a second included, jitter
makes it less); the private memory of the supervisor. Then the connections that are refused while
`orgloop restart` is called under load, and starts in pairs: how many of them end with exactly one
runtime.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.census import private_megabytes
from support.doubled import start_twice
from support.lifecycle import Installation, Mode

# Nobody takes the deliveries: what is measured is the process, not an actor.
PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: bench}
sources:
  - {id: hook, connector: webhook}
actors:
  - {id: desk, connector: webhook, config: {url: "http://127.0.0.1:9/"}}
routes:
  - {name: all, when: {source: hook}, then: {actor: desk}}
"""
_EVENT = b'{"n": 1}'
_PAIRS_AT_A_TIME = 2


class Figures:
    """What was measured, by name."""

    def __init__(self) -> None:
        self._seconds: dict[str, list[float]] = {}

    def time(self, name: str, action: Callable[[], object]) -> None:
        began = time.monotonic()
        action()
        self.note(name, time.monotonic() - began)

    def note(self, name: str, value: float) -> None:
        self._seconds.setdefault(name, []).append(value)

    def show(self) -> None:
        for name, values in self._seconds.items():
            print(f"{name:44} median {median(values):6.2f}  worst {max(values):6.2f}")


def measure_round(place: Path, mode: Mode, figures: Figures) -> None:
    """Start, look at, kill if somebody brings it back, and stop one installation."""
    installed = Installation(place, mode)
    installed.file.write_text(PROJECT, "utf-8")
    try:
        figures.time(f"start to ready, {mode} (s)", installed.started)
        if mode.is_supervised:
            figures.note("supervisor, RssAnon (MB)", private_megabytes(installed.supervisor))
            figures.time("kill -9 to the next 200 (s)", lambda: kill_and_send(installed))
            installed.await_another(0)
        figures.note(f"runtime, RssAnon, {mode} (MB)", private_megabytes(installed.runtime))
        figures.time(f"stop of an idle {mode} (s)", lambda: installed.run("stop"))
    finally:
        installed.clear()


def kill_and_send(installed: Installation) -> None:
    """Kill the runtime, and return when the next one has accepted a webhook."""
    port = installed.port
    os.kill(installed.runtime, signal.SIGKILL)
    while send(port) != "200":
        time.sleep(0.005)


def send(port: int) -> str:
    """Send a webhook over a connection of its own; return the status, or why there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/webhook/hook", _EVENT)
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


def restart_under_load(place: Path, mode: Mode, restarts: int, senders: int) -> None:
    """Restart while webhooks come in, each over its own connection; print how they fared."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    installed = Installation(place, mode, ORGLOOP_PORT=str(port))
    installed.file.write_text(PROJECT, "utf-8")
    answers: Counter[str] = Counter()
    slowest = [0.0]
    enough = threading.Event()

    def keep_sending() -> None:
        while not enough.is_set():
            began = time.monotonic()
            answers[send(port)] += 1
            slowest[0] = max(slowest[0], time.monotonic() - began)

    threads = [threading.Thread(target=keep_sending) for _ in range(senders)]
    try:
        installed.started()
        for thread in threads:
            thread.start()
        took = []
        for _ in range(restarts):
            began = time.monotonic()
            ended = installed.run("restart")
            took.append(time.monotonic() - began)
            if ended.status:
                print(f"restart failed: {ended}")
    finally:
        enough.set()
        for thread in threads:
            thread.join()
        installed.clear()
    shown = ", ".join(f"{count} of {name}" for name, count in sorted(answers.items()))
    print(
        f"{restarts} restarts under load, {mode}: {shown}; "
        f"slowest answer {slowest[0]:.2f} s, restart median {median(took):.2f} s"
    )


def start_in_pairs(scratch: Path, pairs: int) -> None:
    """Start twice at once, again and again; print how often one runtime came of it."""
    modes = [list(Mode)[number % len(Mode)] for number in range(pairs)]
    with ThreadPoolExecutor(_PAIRS_AT_A_TIME) as pool:
        runs = [
            pool.submit(start_twice, scratch / f"pair{number:03}", mode)
            for number, mode in enumerate(modes)
        ]
    failed = [run.exception() for run in runs if run.exception() is not None]
    print(f"double starts that ended with one runtime    {pairs - len(failed)} of {pairs}")
    for failure in failed:
        print(f"  {failure}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--load", type=int, default=4, help="connections at a time")
    options = parser.parse_args()
    figures = Figures()
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        for number in range(options.rounds):
            for mode in (Mode.DAEMON, Mode.SUPERVISED):
                measure_round(scratch / f"{mode}{number:03}", mode, figures)
        figures.show()
        for mode in (Mode.DAEMON, Mode.SUPERVISED):
            restart_under_load(scratch / f"load-{mode}", mode, options.restarts, options.load)
        start_in_pairs(scratch, options.pairs)


if __name__ == "__main__":
    main()
