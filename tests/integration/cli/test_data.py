"""`orgloop data` on the home of a real runtime, running, stopped or killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orgloop.storage.home import Home
from support.process import RuntimeProcess, SinkProcess, sink

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {{name: house}}
sources:
  - {{id: hook, connector: webhook}}
actors:
  - {{id: desk, connector: webhook, config: {{url: "http://127.0.0.1:{port}/"}}}}
routes:
  - name: all
    when: {{source: hook}}
    then: {{actor: desk}}
"""
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def target() -> Iterator[SinkProcess]:
    with sink() as running:
        yield running


@pytest.fixture
def runtime(project: Path, home: Path, target: SinkProcess) -> Iterator[RuntimeProcess]:
    (project / "orgloop.yaml").write_text(PROJECT.format(port=target.port))
    running = RuntimeProcess(project, home)
    yield running
    running.stop()


def accepted(runtime: RuntimeProcess, count: int) -> list[str]:
    """Have events taken in; return their ids."""
    found = []
    for number in range(count):
        body = json.dumps({"n": number, "text": "word " * 40}).encode()
        status, answer = runtime.request("POST", "/webhook/hook", body)
        assert status == 200
        found.append(json.loads(answer)["event_id"])
    return found


def delivered(target: SinkProcess, events: list[str]) -> list[str]:
    """Return what arrived, once all of these have."""
    while not set(events) <= set(arrived := [event for event, *_ in target.arrivals()]):
        target.wait_for(0)
    return arrived


def refused(runtime: RuntimeProcess) -> str:
    """Start it; it must refuse. Return what it says."""
    seen = len(runtime.lines)
    with pytest.raises(AssertionError, match="ended with 1"):
        runtime.start()
    runtime.wait()
    return "".join(runtime.lines[seen:])


def test_a_log_that_lost_its_end_is_refused_repaired_and_goes_on(
    runtime: RuntimeProcess, target: SinkProcess, home: Path, orgloop: Command
) -> None:
    runtime.start()
    events = accepted(runtime, 60)
    delivered(target, events)
    runtime.kill()
    log = home / "data" / "wal" / "events.db"
    wal = log.with_name("events.db-wal")
    os.truncate(wal, wal.stat().st_size - 3 * 512)

    for _ in range(2):
        said = refused(runtime)
        assert f"{log} is damaged" in said
        assert "orgloop data repair" in said
    checked = orgloop("data", "check", "--json")
    assert checked.returncode == 1
    findings = {one["file"]: one for one in json.loads(checked.stdout)["files"]}
    assert not findings[str(log)]["ok"]
    assert "orgloop data repair" in checked.stderr
    assert orgloop("data", "stats").returncode == 1

    repaired = orgloop("data", "repair")
    assert repaired.returncode == 0, repaired.stderr
    assert "events kept: " in repaired.stdout
    assert list(log.parent.glob("events.db.damaged-*-wal"))
    assert orgloop("data", "check").returncode == 0
    assert "nothing is damaged" in orgloop("data", "repair").stdout
    runtime.start()
    held = {one["event_id"] for one in runtime.get("/api/events?limit=1000")}
    assert set(events[:-3]) <= held <= set(events)
    more = accepted(runtime, 5)
    delivered(target, more)


def test_a_queue_that_was_cut_loses_no_delivery(
    runtime: RuntimeProcess, target: SinkProcess, home: Path, orgloop: Command
) -> None:
    runtime.start()
    events = accepted(runtime, 40)
    delivered(target, events)
    runtime.stop()
    queue = home / "data" / "queue" / "house.db"
    os.truncate(queue, queue.stat().st_size * 2 // 3)

    assert f"{queue} is damaged" in refused(runtime)
    repaired = orgloop("data", "repair", "--yes")
    assert repaired.returncode == 0, repaired.stderr
    runtime.start()
    while len(settled := runtime.get("/api/deliveries?limit=1000&state=delivered")) < len(events):
        pass
    assert {one["event_id"] for one in settled} == set(events)
    keys: dict[str, set[str]] = {}
    for event, key, *_ in target.arrivals():
        keys.setdefault(event, set()).add(key)
    assert all(len(found) == 1 for found in keys.values()), "the same key each time"


def test_a_missing_queue_asks_where_to_begin(
    runtime: RuntimeProcess, target: SinkProcess, home: Path, orgloop: Command, project: Path
) -> None:
    runtime.start()
    events = accepted(runtime, 10)
    delivered(target, events)
    runtime.stop()
    (home / "data" / "queue" / "house.db").unlink()
    assert "--cursor" in refused(runtime)
    checked = orgloop("data", "check")
    assert checked.returncode == 1
    assert "--cursor" in checked.stdout
    assert orgloop("data", "repair").returncode == 1, "there is nothing to repair it from"
    wrong = orgloop("start", "--cursor", "yesterday")
    assert wrong.returncode == 2
    beyond = orgloop("start", "--cursor", "11", ORGLOOP_PORT="0")
    assert beyond.returncode == 1
    assert "beyond the end of the event log, which is 10" in beyond.stderr

    runtime.arguments = ("--cursor", "7")
    runtime.start()
    again = delivered(target, events[7:])[10:]
    while len(again) < 3:
        again = delivered(target, events[7:])[10:]
    runtime.stop()
    assert sorted(again) == sorted(events[7:])
    runtime.start()  # the queue is there now, and goes on from where it is
    assert any("is for a queue that is missing" in line for line in runtime.lines)


class Traffic:
    """Send events until told to stop."""

    def __init__(self, runtime: RuntimeProcess) -> None:
        self.accepted: list[str] = []
        self._runtime = runtime
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        while not self._enough.is_set():
            self.accepted += accepted(self._runtime, 1)

    def stop(self) -> None:
        self._enough.set()
        self._thread.join()


def test_a_backup_under_traffic_is_a_home_to_go_on_from(
    runtime: RuntimeProcess,
    target: SinkProcess,
    tmp_path: Path,
    project: Path,
    orgloop: Command,
) -> None:
    runtime.start()
    traffic = Traffic(runtime)
    try:
        while len(traffic.accepted) < 50:
            pass
        before = list(traffic.accepted)
        copied = orgloop("data", "backup", str(tmp_path / "copy"))
        assert copied.returncode == 0, copied.stderr
        assert orgloop("data", "check").returncode == 0
        assert orgloop("data", "stats", "--json").returncode == 0
        refused_repair = orgloop("data", "repair")
        assert refused_repair.returncode == 1
        assert "already running" in refused_repair.stderr
    finally:
        traffic.stop()
    runtime.stop()
    assert orgloop("data", "backup", str(tmp_path / "copy")).returncode == 1, "it is not empty"

    other = tmp_path / "other"
    environ = {"ORGLOOP_HOME": str(other)}
    Home(other).create()
    key = Home(other).fingerprint_key()  # what a start leaves that finds the project invalid
    restored = orgloop("data", "restore", str(tmp_path / "copy"), **environ)
    assert restored.returncode == 0, restored.stderr
    assert Home(other).fingerprint_key() == key
    assert orgloop("data", "restore", str(tmp_path / "copy"), **environ).returncode == 1
    again = RuntimeProcess(project, other).start()
    try:
        while open_ones(again):
            pass
        held = {one["event_id"] for one in again.get("/api/events?limit=1000")}
        settled = again.get("/api/deliveries?limit=1000&state=delivered")
        assert set(before) <= held <= set(traffic.accepted)
        assert {one["event_id"] for one in settled} == held
        delivered(target, accepted(again, 3))
    finally:
        again.stop()


def open_ones(runtime: RuntimeProcess) -> list[Any]:
    found: list[Any] = runtime.get("/api/deliveries?limit=1000&state=matched,waiting,delivering")
    return found


def test_a_damaged_checkpoint_is_named_and_set_aside(
    runtime: RuntimeProcess, home: Path, orgloop: Command
) -> None:
    runtime.start()
    runtime.kill(signal.SIGTERM)
    checkpoint = home / "data" / "checkpoints" / "house" / "feed.json"
    checkpoint.parent.mkdir(exist_ok=True)
    checkpoint.write_bytes(b'{"checkpoint": "12", "upd')
    checked = orgloop("data", "check")
    assert checked.returncode == 1
    assert str(checkpoint) in checked.stdout
    assert orgloop("data", "repair").returncode == 0
    assert orgloop("data", "check").returncode == 0
    assert len(list(checkpoint.parent.glob("feed.json.damaged-*"))) == 1
