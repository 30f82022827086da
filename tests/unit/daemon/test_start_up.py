"""The order in which a start that went well is told."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from twisted.internet.defer import Deferred, execute
from twisted.internet.task import Clock

from orgloop.config.runtime import HTTPSettings, SupervisorSettings
from orgloop.daemon.startup import StartUp
from orgloop.daemon.telling.witness import Witnesses
from orgloop.logentry import LogEntry
from orgloop.storage.home import Home


class Startable:
    """A runtime of which nothing can fail; keeps what the home held when it became ready."""

    http_port = 4800

    def __init__(self, home: Path) -> None:
        self.home = home
        self.held: dict[str, Any] | None = None
        self.names: set[str] = set()
        self.run_in_thread: Callable[..., Deferred[Any]] = execute

    async def open(self) -> None:
        pass

    async def load_project(self, definition: Any) -> None:
        pass

    def ready(self) -> None:
        self.names = {one.name for one in self.home.iterdir()}
        self.held = json.loads((self.home / "heartbeat").read_bytes())

    def uptime_ms(self) -> int:
        return 250

    def observe(self, entry: LogEntry) -> None:
        pass


def test_whoever_hears_that_it_is_ready_finds_a_heartbeat_and_no_old_crash(tmp_path: Path) -> None:
    (tmp_path / "crash.json").write_text("{}")
    runtime = Startable(tmp_path)
    definition = SimpleNamespace(name="house", http=HTTPSettings(), supervisor=SupervisorSettings())
    nothing = SimpleNamespace(read_page=lambda: None, preload=lambda: None, admit=lambda: None)
    parts: dict[str, Any] = {
        "prepared": SimpleNamespace(home=Home(tmp_path), definition=definition),
        "surroundings": SimpleNamespace(is_forced=True, warnings=()),
        "runtime": runtime,
        "listeners": nothing,
        "way_out": SimpleNamespace(),
        "reactor": Clock(),
    }
    start = StartUp(
        supervision=None, witnesses=Witnesses([]), log=tmp_path / "orgloop.log", **parts
    )

    started = Deferred.fromCoroutine(start.run())
    gc.unfreeze()

    assert started.called
    assert runtime.held is not None
    assert runtime.held["uptime_ms"] == 250
    assert "crash.json" not in runtime.names
