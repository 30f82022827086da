"""Every example of the documentation runs, in a process of its own, and does what its page says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.process import RuntimeProcess

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"

Run = Callable[..., RuntimeProcess]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Start an example from a copy of its directory."""
    started: list[RuntimeProcess] = []

    def start(name: str, **environ: str) -> RuntimeProcess:
        project = tmp_path / "project"
        shutil.copytree(EXAMPLES / name, project)
        runtime = RuntimeProcess(project, tmp_path / "home", **environ)
        started.append(runtime)
        return runtime.start()

    yield start
    for runtime in started:
        runtime.stop()


def settled(runtime: RuntimeProcess, route: str) -> dict[str, Any]:
    """Return the first delivery of a route that is settled, once there is one."""
    path = f"/api/deliveries?route={route}&state=delivered,rejected,dead,dropped"
    while not (found := runtime.get(path)):
        pass
    delivery: dict[str, Any] = found[-1]
    return delivery


def test_hello_greets_who_comes_to_the_door(run: Run) -> None:
    runtime = run("hello")

    status, body = runtime.request("POST", "/webhook/door", b'{"name": "Ada"}')
    assert status == 200
    delivery = settled(runtime, "greet")
    runtime.stop()

    assert delivery["event_id"] == json.loads(body)["event_id"]
    assert delivery["state"] == "delivered"
    assert "exit status 0: Hello, Ada!" in "".join(runtime.lines)
    assert "deliver.success" in "".join(runtime.lines)


def test_nightly_closes_its_loop(run: Run) -> None:
    runtime = run("nightly", SCHEDULE="every 1s")

    ending = settled(runtime, "session-ended")
    trace = runtime.get(f"/api/events/{ending['event_id']}")
    (cause,) = trace["causes"]
    work = runtime.get(f"/api/deliveries?event={cause['event_id']}")

    assert ending["state"] == "delivered"
    assert cause["source"] == "clock"
    assert [one["route"] for one in work] == ["wake-agent"]
    assert f"{work[0]['id']} success\n" in (runtime.project / "journal.txt").read_text()
    runtime.stop()
    assert "working on documentation: Read what changed" in "".join(runtime.lines)


def test_every_example_is_run_here_and_says_how_to_run_it() -> None:
    names = {directory.name for directory in EXAMPLES.iterdir() if directory.is_dir()}

    assert names == {"hello", "nightly"}
    for name in names:
        assert "orgloop start" in (EXAMPLES / name / "README.md").read_text()
