"""A command that has started a daemon lets go of it in peace."""

from __future__ import annotations

import gc
import sys
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
    program = (
        f"import os, signal; os.write(%d, {to_line(ready)!r}); signal.alarm(1); signal.pause()"
    )

    def command(descriptor: int) -> list[str]:
        return [sys.executable, "-ISc", program % descriptor]

    outcome = launch(command, home, Invocation({}))
    gc.collect()  # a complaint would fail this test
    assert outcome == ready
