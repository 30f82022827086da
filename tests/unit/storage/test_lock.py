from __future__ import annotations

import fcntl
import math
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from orgloop.errors import AlreadyRunning, StorageUnavailable
from orgloop.storage import directory_hold
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder, holder_of

HOLDER = LockHolder(4711, "2026-01-31T08:15:00Z", "my-org")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def _acquire(home: Home, sleep: Callable[[float], None] = lambda seconds: None) -> HomeLock:
    return HomeLock.acquire(home, HOLDER, sleep=sleep)


def test_nobody_holds_a_new_home(home: Home) -> None:
    assert holder_of(home) is None


def test_the_lock_says_who_holds_it(home: Home) -> None:
    lock = _acquire(home)
    assert holder_of(home) == HOLDER
    lock.write(LockHolder(1, "now", "x"))
    assert holder_of(home) == LockHolder(1, "now", "x")
    lock.release()


def test_a_released_lock_is_free_whatever_it_says(home: Home) -> None:
    _acquire(home).release()
    assert home.lock.read_bytes() != b""
    assert holder_of(home) is None
    _acquire(home).release()


def test_a_second_runtime_is_told_who_runs(home: Home) -> None:
    lock = _acquire(home)
    with pytest.raises(AlreadyRunning, match="orgloop stop") as raised:
        _acquire(home)
    assert (raised.value.pid, raised.value.project) == (4711, "my-org")
    lock.release()


def test_a_start_waits_a_second_for_the_lock(home: Home) -> None:
    first = _acquire(home)
    slept: list[float] = []
    with pytest.raises(AlreadyRunning):
        _acquire(home, slept.append)
    assert sum(slept) == pytest.approx(1.0)
    first.release()


def test_a_lock_that_becomes_free_is_taken(home: Home) -> None:
    first = _acquire(home)
    second = _acquire(home, lambda seconds: first.release() if holder_of(home) else None)
    assert holder_of(home) == HOLDER
    second.release()


def test_a_test_of_the_lock_leaves_it_free(home: Home) -> None:
    _acquire(home).release()
    before = set(os.listdir("/proc/self/fd"))
    assert holder_of(home) is None
    assert set(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"pid": "x"}', b'{"pid": -1}'])
def test_a_garbled_file_is_no_process(home: Home, content: bytes) -> None:
    lock = _acquire(home)
    home.lock.write_bytes(content)
    assert holder_of(home) == LockHolder()
    with pytest.raises(AlreadyRunning, match="another process"):
        _acquire(home)
    lock.release()


def test_the_lock_lasts_until_the_last_descriptor_is_closed(home: Home) -> None:
    parents = _acquire(home)
    childs = HomeLock.inherited(os.dup(parents.descriptor))
    parents.release()
    assert holder_of(home) is not None
    childs.release()
    assert holder_of(home) is None


def test_a_lock_file_that_cannot_be_opened_says_so(home: Home) -> None:
    home.lock.mkdir()
    with pytest.raises(StorageUnavailable, match="lock file"):
        _acquire(home)


@pytest.mark.parametrize("made", [os.mkfifo, os.mkdir], ids=["fifo", "directory"])
@pytest.mark.timeout(10)
def test_what_is_no_file_in_place_of_the_lock_holds_nobody_up(
    home: Home, made: Callable[[Path], None]
) -> None:
    made(home.lock)
    for look in (holder_of, _acquire):
        with pytest.raises(StorageUnavailable, match=re.escape(str(home.lock))):
            look(home)


def test_a_deleted_lock_file_lets_nobody_else_in(home: Home) -> None:
    lock = _acquire(home)
    home.lock.unlink()
    with pytest.raises(AlreadyRunning, match="another process"):
        _acquire(home)
    home.lock.unlink()
    assert holder_of(home) == LockHolder()
    lock.release()
    assert holder_of(home) is None


def test_who_was_handed_the_lock_keeps_the_home_though_the_file_was_deleted(home: Home) -> None:
    supervisors = _acquire(home)
    runtimes = HomeLock.inherited(os.dup(supervisors.descriptor), home)
    supervisors.release()
    home.lock.unlink()
    with pytest.raises(AlreadyRunning):
        _acquire(home)
    runtimes.release()
    _acquire(home).release()


def test_a_start_can_wait_for_as_long_as_it_takes(home: Home) -> None:
    first = _acquire(home)
    pauses = iter(range(1000))

    def sleep(seconds: float) -> None:
        if next(pauses) == 999:
            first.release()

    second = HomeLock.acquire(home, HOLDER, patience_seconds=math.inf, sleep=sleep)
    second.release()
    assert next(pauses, None) is None


def test_a_test_while_another_test_is_under_way_finds_nobody(home: Home) -> None:
    other = os.open(home.root, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)

    assert not directory_hold.is_held(home.root, sleep=lambda seconds: _close_once(other))
    assert not directory_hold.is_held(home.root / "missing")


def _close_once(descriptor: int) -> None:
    os.close(descriptor)


def test_what_was_half_written_when_a_runtime_was_killed_goes_with_the_next(home: Home) -> None:
    home.create()
    checkpoints = home.checkpoints / "house"
    checkpoints.mkdir()
    unfinished = [home.root / ".k3jx9_.tmp", checkpoints / ".a8.tmp"]
    others = [home.root / ".env", home.spool / ".b7.tmp", checkpoints / "github.json"]
    for file in (*unfinished, *others):
        file.touch()

    lock = _acquire(home)

    assert not any(file.exists() for file in unfinished)
    assert all(file.exists() for file in others)
    unfinished[0].touch()
    with pytest.raises(AlreadyRunning):
        _acquire(home)
    assert unfinished[0].exists(), "the one that runs may be writing it"
    lock.release()
