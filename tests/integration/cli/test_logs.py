"""``orgloop logs``: the books first, then what happens, through the runtime's end and the next."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.process import RuntimeProcess

Run = Callable[..., subprocess.CompletedProcess[str]]
PARTS = """\
sources: [{id: desk, connector: webhook}]
actors: [{id: agent, connector: command, config: {command: [cat]}}]
routes:
  - {name: all, when: {source: desk}, then: {actor: agent}}
"""
WAY = ["source.emit", "route.match", "deliver.attempt", "deliver.success"]


class Following:
    """``orgloop logs`` in a process of its own."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.told: list[dict[str, Any]] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "orgloop", "logs", "--json", *arguments],
            env={"PATH": "/usr/bin:/bin", "ORGLOOP_HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def until(self, phase: str, event: str) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.told.append(json.loads(line))
            if (self.told[-1]["phase"], self.told[-1].get("event_id")) == (phase, event):
                return
        raise AssertionError(f"ended without {phase} of {event}: {self.told}")

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def interrupt(self) -> tuple[int, str]:
        """Do as Ctrl+C does; return the exit code and what was said on standard error."""
        self._process.send_signal(signal.SIGINT)
        _, said = self._process.communicate()
        return self._process.returncode, said


def emit(orgloop: Run) -> str:
    done = orgloop("emit", "--source", "desk", "--type", "resource.changed", "--payload", "{}")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_entries_come_from_the_books_and_live_each_of_them_once(
    project: Path, home: Path, runtime: RuntimeProcess, orgloop: Run
) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(PARTS)
    runtime.start()
    first = emit(orgloop)
    following = Following(home, "-n", "1000")
    following.until("deliver.success", first)
    second = emit(orgloop)
    following.until("deliver.success", second)
    following.send(signal.SIGSTOP)  # it sees nothing of what comes now
    assert runtime.kill(signal.SIGTERM) == 0
    successor = RuntimeProcess(project, home).start()
    try:
        third = emit(orgloop)
        while successor.get("/api/status")["deliveries"]["delivered"] != 3:
            pass
        following.send(signal.SIGCONT)
        following.until("deliver.success", third)
        code, said = following.interrupt()
    finally:
        successor.stop()

    assert code == 0
    assert "waiting for one" in said
    assert f"process {successor.pid} answers now" in said
    told = Counter((one["phase"], one.get("event_id")) for one in following.told)
    assert {told[phase, event] for phase in WAY for event in (first, second, third)} == {1}

    past = orgloop("logs", "--json", "--event", second)

    assert "nothing is running" in past.stderr
    entries = [json.loads(line) for line in past.stdout.splitlines()]
    assert [one["phase"] for one in entries] == WAY
    assert entries[-1] | {"target": "agent", "result": "delivered", "attempt": 1} == entries[-1]
    last = orgloop("logs", "-n", "2", "--phase", "deliver", "--no-follow").stdout
    assert [line.split()[1] for line in last.splitlines()[1:]] == WAY[-2:]
    assert orgloop("logs", "--until", "1h", "--no-follow").stdout == ""
    assert orgloop("logs", "--since", "1h", "--actor", "nobody", "--no-follow").stdout == ""
