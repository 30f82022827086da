"""The file that proves that the reactor turns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock

from orgloop.daemon.telling.heartbeat import Heartbeat
from orgloop.daemon.telling.witness import ReadyRuntime
from orgloop.errors import StorageUnavailable

RUNTIME = ReadyRuntime(pid=42, project="house", url="http://127.0.0.1:4800", log="orgloop.log")


def heartbeat(file: Path, clock: Clock, run: Callable[..., Deferred[Any]] = execute) -> Heartbeat:
    return Heartbeat(
        file=file,
        pid=42,
        interval_seconds=30,
        clock=clock,
        now_ms=lambda: 1_700_000_000_000 + round(clock.seconds() * 1000),
        uptime_ms=lambda: round(clock.seconds() * 1000),
        run_in_thread=run,
    )


def test_it_beats_at_once_and_at_each_interval(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "heartbeat"
    beat = heartbeat(file, clock)

    beat.ready(RUNTIME)
    first = json.loads(file.read_bytes())
    clock.advance(30)
    second = json.loads(file.read_bytes())

    assert first == {
        "timestamp": "2023-11-14T22:13:20.000Z",
        "pid": 42,
        "uptime_ms": 0,
        "supervisor_pid": None,
        "restarts": 0,
    }
    assert second["uptime_ms"] == 30_000
    Deferred.fromCoroutine(beat.stopped())


def test_a_stop_removes_it_after_the_write_under_way(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "heartbeat"
    writes: list[Deferred[None]] = []

    def later(function: Callable[..., None], *arguments: Any) -> Deferred[None]:
        writes.append(Deferred())
        return writes[-1].addCallback(lambda _: function(*arguments))

    beat = heartbeat(file, clock, later)
    beat.ready(RUNTIME)

    stopped = Deferred.fromCoroutine(beat.stopped())
    waited = not stopped.called
    writes[0].callback(None)

    assert waited
    assert stopped.called
    assert not file.exists()
    assert not clock.getDelayedCalls()


def test_a_disk_that_refuses_does_not_end_it(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "heartbeat"
    refusals = [StorageUnavailable("full")]

    def run(function: Callable[..., None], *arguments: Any) -> Deferred[None]:
        if refusals:
            raise refusals.pop()
        return execute(function, *arguments)

    beat = heartbeat(file, clock, run)
    beat.ready(RUNTIME)
    missed = not file.exists()
    clock.advance(30)

    assert missed
    assert file.exists()
    Deferred.fromCoroutine(beat.stopped())
