"""Timers do not go by the wall clock, which can be set."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from support.process import RuntimeProcess

# The command line, on a wall clock that is set back by a day while the runtime runs.
SET_BACK = """
import time
began, real = time.monotonic(), time.time
time.time = lambda: real() - (86_400 if time.monotonic() - began > 1.5 else 0)
from orgloop.cli.main import main
main()
"""


def test_a_clock_that_is_set_back_holds_up_no_timer(project: Path, home: Path) -> None:
    runtime = RuntimeProcess(project, home, ORGLOOP_HEARTBEAT_INTERVAL="200ms")
    runtime.start(sys.executable, "-c", SET_BACK)

    while uptime_ms(home / "heartbeat") < 2_500:
        assert 0 <= runtime.get("/api/status")["uptime_ms"] < 10_000, "the heart has stopped"

    assert runtime.kill(signal.SIGTERM) == 0


def uptime_ms(heartbeat: Path) -> int:
    return int(json.loads(heartbeat.read_bytes())["uptime_ms"])
