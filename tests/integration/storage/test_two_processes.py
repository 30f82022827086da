"""The home's lock, between processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orgloop.errors import AlreadyRunning
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder, holder_of

_HOLDING = """
import os, sys
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder
lock = HomeLock.acquire(Home(sys.argv[1]), LockHolder(os.getpid(), "now", "theirs"))
print("held", flush=True)
sys.stdin.read()
"""

_STARTING = """
import os, sys
from orgloop.errors import AlreadyRunning
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder
sys.stdin.readline()
try:
    lock = HomeLock.acquire(Home(sys.argv[1]), LockHolder(os.getpid(), "now", "mine"))
except AlreadyRunning:
    print("refused", flush=True)
else:
    print("held", flush=True)
sys.stdin.read()
"""


def _start(script: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def _end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate()


def test_another_processes_lock_is_seen_and_gone_with_it(tmp_path: Path) -> None:
    child = _start(_HOLDING, tmp_path)
    assert _line(child) == "held"
    holder = holder_of(Home(tmp_path))
    assert holder == LockHolder(child.pid, "now", "theirs")
    with pytest.raises(AlreadyRunning) as raised:
        HomeLock.acquire(Home(tmp_path), LockHolder(os.getpid()), patience_seconds=0)
    assert (raised.value.pid, raised.value.project) == (child.pid, "theirs")
    _end(child)
    assert holder_of(Home(tmp_path)) is None
    HomeLock.acquire(Home(tmp_path), LockHolder(os.getpid())).release()


def test_of_runtimes_started_in_the_same_instant_one_runs(tmp_path: Path) -> None:
    children = [_start(_STARTING, tmp_path) for _ in range(4)]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    assert sorted(_line(child) for child in children) == ["held", *["refused"] * 3]
    for child in children:
        _end(child)


def test_a_child_that_was_handed_the_lock_holds_it_alone_afterwards(tmp_path: Path) -> None:
    lock = HomeLock.acquire(Home(tmp_path), LockHolder(os.getpid()))
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; print('up', flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[lock.descriptor],
    )
    assert _line(child) == "up"
    lock.release()
    assert holder_of(Home(tmp_path)) is not None
    _end(child)
    assert holder_of(Home(tmp_path)) is None
