"""Start a runtime twice in the same instant."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from attrs import frozen

from support.census import NOTHING_LEFT, processes_of
from support.lifecycle import Ended, Installation, Mode
from support.waiting import LIMIT_SECONDS, until


@frozen
class _Call:
    """One of the two commands."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text("utf-8")

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def settled(self, mode: Mode) -> Ended | None:
        """Return how it ended; `None` if it stays and has become the runtime."""
        if not mode.is_daemon:
            until(
                lambda: self.process.poll() is not None or " is ready on " in self.said, "a start"
            )
            if self.process.poll() is None:
                return None
        return Ended(self.process.wait(LIMIT_SECONDS), self.said)


def start_twice(place: Path, mode: Mode) -> None:
    """Call two starts at once; fail unless one runs, the other says so, and nothing is left then.

    The one that lost has ended when this begins to count.
    """
    installed = Installation(place, mode)
    outputs = [place / "first", place / "second"]
    calls = [_Call(installed.call(output), output) for output in outputs]
    try:
        _verify(installed, calls)
    finally:
        installed.clear()
        for call in calls:
            call.process.wait()


def _verify(installed: Installation, calls: list[_Call]) -> None:
    settled = [call.settled(installed.mode) for call in calls]
    losers = [one for one in settled if one is not None and one.status != 0]
    assert len(losers) == 1, settled
    assert losers[0].status == 1, losers[0]
    assert "already running" in losers[0].said, losers[0]
    runners = {installed.runtime}
    if installed.mode.is_supervised:
        runners.add(installed.supervisor)
    assert processes_of(installed.place).keys() == runners
    assert installed.is_ready
    assert (installed.home / "orgloop.pid").read_text().strip() == str(installed.runtime)
    assert installed.port  # remembered, to see it closed
    os.kill(installed.runtime, signal.SIGTERM)
    for call in calls:
        assert call.process.wait(LIMIT_SECONDS) in (0, 1)
    assert installed.await_nobody() == NOTHING_LEFT
