"""Processes killed at random moments of starts, stops and restarts.

Never two runtimes, no command that hangs, nothing lost, and nothing left that keeps the next start
from working. The seeds here are two of hundreds; any other number must do as well.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from support.census import NOTHING_LEFT, is_locked, processes_of
from support.lifecycle import Installation, Mode
from support.waiting import LIMIT_SECONDS, until

LONGEST_PAUSE_SECONDS = 1.4  # a start, a stop and a restart are well over by then
COMMANDS = (["start"], ["stop"], ["stop", "--force", "--grace", "100ms"], ["restart"], ["restart"])
QUICK = {
    "ORGLOOP_SUPERVISOR_BACKOFF_INITIAL": "100ms",
    "ORGLOOP_SUPERVISOR_BACKOFF_MAX": "300ms",
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_kills_at_random_moments(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    mode = random.choice([Mode.DAEMON, Mode.SUPERVISED])
    installed = Installation(tmp_path / "installation", mode, **QUICK)
    try:
        with never_two_runtimes(installed):
            accepted = installed.started().accept()
            for _ in range(4):
                call_and_kill(installed, random)
            assert_it_still_obeys(installed, accepted)
    finally:
        installed.clear()


def call_and_kill(installed: Installation, random: Random) -> None:
    """Call a command; kill one of the processes that are there a little later, or two."""
    arguments = random.choice(COMMANDS)
    flags = installed.mode.flags if arguments == ["start"] else []
    command = subprocess.Popen(
        installed.command(*arguments, *flags),
        cwd=installed.project,
        env=installed.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(random.choice([1, 1, 2])):
        threading.Event().wait(random.random() * LONGEST_PAUSE_SECONDS)
        others = sorted(processes_of(installed.place).keys() - {command.pid})
        if others:
            with suppress(ProcessLookupError):
                os.kill(random.choice(others), signal.SIGKILL)
    command.wait(LIMIT_SECONDS)


def assert_it_still_obeys(installed: Installation, accepted: set[str]) -> None:
    until(lambda: not processes_of(installed.place) or installed.is_ready, "rest")
    assert installed.run("stop").status in (0, 3)
    until(lambda: not processes_of(installed.place), "the processes to end")
    assert not is_locked(installed.home / "orgloop.lock")
    installed.let_through()
    installed.started()
    installed.await_delivered(accepted)
    assert installed.end() == NOTHING_LEFT


@contextmanager
def never_two_runtimes(installed: Installation) -> Iterator[None]:
    """Fail if at any moment of the block two processes have the event log open."""
    is_over = threading.Event()
    found: list[set[int]] = []

    def watch() -> None:
        while not is_over.is_set():
            # Twice, for one may end and the next begin while they are looked at.
            both = users_of_the_log(installed) & users_of_the_log(installed)
            if len(both) > 1:
                found.append(both)
            is_over.wait(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()
    assert not found, "two runtimes at once"


def users_of_the_log(installed: Installation) -> set[int]:
    log = str(installed.home / "data" / "wal" / "events.db")
    return {pid for pid in processes_of(installed.place) if log in opened_by(pid)}


def opened_by(pid: int) -> set[str]:
    opened = set()
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                opened.add(os.readlink(descriptor))
    return opened
