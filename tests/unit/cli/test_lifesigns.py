from __future__ import annotations

from pathlib import Path

import pytest

from orgloop.cli.lifesigns import Silence, last_heartbeat
from orgloop.storage.holder import LockHolder
from orgloop.storage.home import Home
from orgloop.storage.ownership import Ownership

NOW = 1769847300.0  # 2026-01-31T08:15:00Z
NOBODY = 4194999


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def _silence(
    home: Home, runtime: int | None, supervisor: int | None, holder: LockHolder = LockHolder()
) -> Silence:
    return Silence.of(home, Ownership(holder=holder, runtime=runtime, supervisor=supervisor), NOW)


def test_a_heartbeat_is_as_old_as_it_says(home: Home) -> None:
    home.heartbeat.write_text('{"timestamp": "2026-01-31T08:13:29Z"}')

    heartbeat = last_heartbeat(home, NOW)

    assert heartbeat is not None
    assert heartbeat.age_ms == 91_000
    assert heartbeat.is_stale(30_000)
    assert not heartbeat.is_stale(31_000)
    assert not heartbeat.is_stale(None)


def test_a_heartbeat_from_the_future_is_not_old(home: Home) -> None:
    home.heartbeat.write_text('{"timestamp": "2026-01-31T09:00:00Z"}')

    heartbeat = last_heartbeat(home, NOW)

    assert heartbeat is not None
    assert heartbeat.age_ms == 0


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"timestamp": 1}', '{"timestamp": "x"}'])
def test_a_garbled_heartbeat_is_none(home: Home, content: str) -> None:
    home.heartbeat.write_text(content)

    assert last_heartbeat(home, NOW) is None


def test_a_runtime_without_a_port_is_starting(home: Home) -> None:
    assert _silence(home, NOBODY, None).phase == "starting"
    home.port_file.write_text("4800\n")
    assert _silence(home, NOBODY, None).phase == "unreachable"


def test_a_supervisor_without_a_runtime_restarts_one_or_starts_the_first(home: Home) -> None:
    waiting = LockHolder(next_start="2026-01-31T08:15:04Z", restarts=3, last_exit="exit code 1")

    assert _silence(home, None, NOBODY).phase == "starting"
    assert _silence(home, None, NOBODY, waiting).document() == {
        "running": True,
        "phase": "restarting",
        "pid": None,
        "supervision": "supervised",
        "supervisor_pid": NOBODY,
        "restarts": 3,
        "last_exit": "exit code 1",
        "next_start": "2026-01-31T08:15:04Z",
        "heartbeat": None,
        "suspended": False,
    }
