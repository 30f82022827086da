from __future__ import annotations

from pathlib import Path

from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder, holder_of
from orgloop.storage.traces import remove_traces

_SIGNS = ("orgloop.pid", "supervisor.pid", "runtime.port", "heartbeat", "handover.sock")


def test_what_the_dead_left_is_removed_and_the_rest_stays(tmp_path: Path) -> None:
    for name in (*_SIGNS, "state.json", "control.token"):
        (tmp_path / name).touch()

    remove_traces(Home(tmp_path))

    assert {one.name for one in tmp_path.iterdir()} == {
        "state.json",
        "control.token",
        "orgloop.lock",
    }
    assert holder_of(Home(tmp_path)) is None


def test_what_the_living_need_stays(tmp_path: Path) -> None:
    lock = HomeLock.acquire(Home(tmp_path), LockHolder(pid=1))
    (tmp_path / "orgloop.pid").touch()

    remove_traces(Home(tmp_path))

    assert (tmp_path / "orgloop.pid").exists()
    lock.release()
