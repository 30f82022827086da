"""Measure how long a person waits for a command.

    python tests/benchmarks/bench_command_line.py [--events 1000000] [--routes 1000]

Prints the median wall time, and the CPU time of the command's own process, of the help of every
command (the slowest of them), of `validate` of a project with so many routes, and of the commands
that look at events and deliveries, with so many settled events of history; then of `status`, of
`queue` and of the metrics with as many deliveries that wait. A runtime is asked, and where that is
possible the files, while none runs.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

import click

from orgloop.cli.main import orgloop as command_line
from orgloop.identity import derived_event_id
from orgloop.storage.home import Home
from support.filled import Past
from support.process import RuntimeProcess

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: bench}
sources:
  - {id: tickets, connector: webhook}
actors:
  - {id: desk, connector: webhook, config: {url: "http://127.0.0.1:9/"}}
transforms:
  - {name: once, type: package, package: dedup, config: {key: [payload.number], window: 5m}}
routes:
"""
ROUTE = """\
  - name: wanted-{n}
    when: {{source: tickets, filter: {{payload.number: {n}}}}}
    transforms: [{{ref: once}}]
    then: {{actor: desk}}
"""
_TURNS = 5
Spent = tuple[float, float]
"""Wall time and CPU time, in seconds."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--routes", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch:
        directory = Path(scratch)
        helps(directory)
        project = written(directory / "project", options.routes)
        spent = waited(call, directory, "-c", str(project), "validate")
        show("validate", f"{options.routes} routes", spent)
        for history, use in (("delivered", with_history), ("waiting", with_a_backlog)):
            home = directory / history
            past(options.events, history).write(Home(home))
            use(project, home, options.events)


def past(events: int, state: str) -> Past:
    return Past(
        project="bench",
        source="tickets",
        route="wanted-0",
        actor="desk",
        count=events,
        state=state,
        degraded="it does not answer" if state == "waiting" else None,
    )


def written(directory: Path, routes: int) -> Path:
    """Write a project with so many routes."""
    directory.mkdir(exist_ok=True)
    text = PROJECT + "".join(ROUTE.format(n=number) for number in range(routes))
    (directory / "orgloop.yaml").write_text(text)
    return directory / "orgloop.yaml"


def helps(directory: Path) -> None:
    spent = {
        " ".join(words): waited(call, directory, *words, "--help")
        for words in commands(command_line, ())
    }
    slowest = sorted(spent, key=lambda name: spent[name][1], reverse=True)
    for name in slowest[:3]:
        show(f"{name} --help", f"among the slowest of {len(slowest)}", spent[name])


def commands(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield every command with those it belongs to."""
    yield words
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from commands(found, (*words, name))


def with_history(project: Path, home: Path, events: int) -> None:
    names = [derived_event_id("bench", "tickets", "webhook", f"past-{n}") for n in (1, events)]
    asked = [
        ["status"],
        ["trace", names[0]],
        ["trace", names[1]],
        ["events"],
        ["events", "--route", "wanted-0"],
        ["queue"],
        ["audit"],
        ["dlq", "list"],
        ["inspect", "actor", "desk"],
    ]
    runtime = RuntimeProcess(project, home).start()
    try:
        ask(project, home, asked, f"{events} events")
    finally:
        runtime.stop()
    ask(project, home, asked, f"{events} events, nothing runs")


def with_a_backlog(project: Path, home: Path, events: int) -> None:
    runtime = RuntimeProcess(project, home).start()
    try:
        ask(project, home, [["status"], ["queue"]], f"{events} waiting")
        spent = waited(runtime.request, "GET", "/api/metrics")
        show("GET /api/metrics", f"{events} waiting", spent)
    finally:
        runtime.stop()


def ask(project: Path, home: Path, asked: Sequence[Sequence[str]], what: str) -> None:
    for words in asked:
        show(" ".join(words), what, waited(call, home, "-c", str(project), *words))


def call(home: Path, *words: str) -> None:
    command = [sys.executable, "-m", "orgloop", *words]
    environ = {**os.environ, "ORGLOOP_HOME": str(home), "ORGLOOP_PORT": "0"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    # 3 says that nothing runs: `status` does.
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(words)}: {done.stderr}")


def waited(step: Callable[..., object], *arguments: object) -> Spent:
    """Return the medians of the wall time and of the CPU time of a step, in seconds."""
    walls, cpus = [], []
    for _ in range(_TURNS):
        began, before = time.monotonic(), children_seconds()
        step(*arguments)
        walls.append(time.monotonic() - began)
        cpus.append(children_seconds() - before)
    return median(walls), median(cpus)


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(command: str, what: str, spent: Spent) -> None:
    wall, cpu = spent
    print(f"{wall:6.3f} s  {cpu:6.3f} s of CPU  {command:44} {what}", flush=True)


if __name__ == "__main__":
    main()
