"""A command that has started a daemon lets go of it in peace."""

from __future__ import annotations

import gc
from pathlib import Path

from orgloop.cli.invocation import Invocation
from orgloop.cli.launching import launch
from orgloop.daemon.telling.report import to_line
from orgloop.daemon.telling.witness import ReadyRuntime
from orgloop.storage.home import Home


def test_what_leaves_the_terminal_is_not_complained_of(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    ready = ReadyRuntime(pid=1, project="p", url="http://127.0.0.1:4800", log="log")
    line = tmp_path / "line"
    line.write_bytes(to_line(ready))

    def command(descriptor: int) -> list[str]:
        return ["sh", "-c", f"cat '{line}' >&{descriptor}; exec sleep 0.2"]

    outcome = launch(command, home, Invocation({}))
    gc.collect()  # a complaint would fail this test
    assert outcome == ready
