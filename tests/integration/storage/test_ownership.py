"""Who has a home, told by the kernel: real processes that hold the lock, or seem to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orgloop.storage.home import Home
from orgloop.storage.ownership import names_of, owner_of, owns

_HOLDING = """
import os, sys
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder
lock = HomeLock.acquire(Home(sys.argv[1]), LockHolder(os.getpid(), project="house"))
print(flush=True)
sys.stdin.read()
"""
# It holds the lock, and so does the child that it was handed to.
_SUPERVISING = """
import os, subprocess, sys
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder
lock = HomeLock.acquire(Home(sys.argv[1]), LockHolder())
child = subprocess.Popen(
    [sys.executable, "-c", "print(flush=True); import sys; sys.stdin.read()"],
    pass_fds=[lock.descriptor],
)
lock.write(LockHolder(child.pid, supervisor=os.getpid()))
print(child.pid, flush=True)
child.wait()
"""
_STRANGER = "import sys; held = [open(name) for name in sys.argv[1:]]; print(); sys.stdin.read()"

Start = Callable[..., subprocess.Popen[str]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a script and wait for its first line; it ends with the test."""
    running: list[subprocess.Popen[str]] = []

    def begin(script: str, *arguments: object) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-u", "-c", script, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(child)
        assert child.stdout is not None
        child.stdout.readline()
        return child

    yield begin
    for child in running:
        child.communicate()


def test_nobody_has_a_home_that_is_not_locked(home: Home) -> None:
    assert owner_of(home) is None
    assert owner_of(Home(home.root / "missing")) is None


def test_the_process_that_holds_the_lock_has_the_home(home: Home, start: Start) -> None:
    child = start(_HOLDING, home.root)

    owner = owner_of(home)

    assert owner is not None
    assert (owner.runtime, owner.supervisor) == (child.pid, None)
    assert owner.holder.project == "house"


@pytest.mark.parametrize(
    "content", ["", "garbled", '{"pid": 1}', '{"pid": %d}', '{"pid": 4194999}']
)
def test_whoever_holds_the_lock_is_found_whatever_it_says(
    home: Home, start: Start, content: str
) -> None:
    child, stranger = start(_HOLDING, home.root), start(_STRANGER)
    home.lock.write_text(content.replace("%d", str(stranger.pid)))

    owner = owner_of(home)

    assert owner is not None
    assert (owner.runtime, owner.supervisor) == (child.pid, None)


def test_whoever_has_the_home_is_found_though_the_lock_was_deleted(
    home: Home, start: Start
) -> None:
    child = start(_HOLDING, home.root)
    home.lock.unlink()

    owner = owner_of(home)

    assert owner is not None
    assert owner.runtime == child.pid


@pytest.mark.parametrize("is_garbled", [False, True])
def test_the_supervisor_is_told_from_its_runtime(
    home: Home, start: Start, is_garbled: bool
) -> None:
    supervisor = start(_SUPERVISING, home.root)
    runtime = owner_of(home).runtime  # type: ignore[union-attr]  # somebody has it
    if is_garbled:
        home.lock.write_text("{")

    owner = owner_of(home)

    assert owner is not None
    assert owner.pids == (supervisor.pid, runtime)
    assert len({supervisor.pid, runtime}) == 2


def test_a_process_that_only_reads_the_lock_does_not_own_it(home: Home, start: Start) -> None:
    holding = start(_HOLDING, home.root)
    reading = start(_STRANGER, home.lock)

    assert owns(holding.pid, home) is True
    assert owns(reading.pid, home) is False
    assert owns(os.getpid(), home) is False
    assert owns(4194999, home) is False


def test_a_process_goes_by_its_own_pid_at_least() -> None:
    assert os.getpid() in names_of(os.getpid())
    assert names_of(4194999) == {4194999}
