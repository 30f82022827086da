"""``orgloop stop`` finds whoever has the home, whatever the files say, and nobody else."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import evolve

from support.census import NOTHING_LEFT, Census
from support.lifecycle import Installation, Mode
from support.waiting import LIMIT_SECONDS, until, until_gone, until_written

daemons = pytest.mark.parametrize("mode", [Mode.DAEMON, Mode.SUPERVISED], ids=str)
daemon = pytest.mark.parametrize("mode", [Mode.DAEMON], ids=str)
supervised = pytest.mark.parametrize("mode", [Mode.SUPERVISED], ids=str)


@contextmanager
def stranger() -> Iterator[int]:
    """A process that has nothing to do with any home."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield child.pid
    assert child.poll() is None, "it was signalled"
    child.communicate(b"\n")


def without_databases(left: Census) -> Census:
    """Leave out what belongs to a database that was not closed: the next runtime needs it."""
    return evolve(left, files=tuple(name for name in left.files if "/" not in name))


@pytest.mark.parametrize(
    ("mode", "content"),
    [
        (Mode.DAEMON, ""),
        (Mode.DAEMON, "{"),
        (Mode.DAEMON, '{"pid": %d}'),
        (Mode.SUPERVISED, '{"pid": 1, "supervisor": %d}'),
    ],
)
def test_stop_finds_the_runtime_whatever_the_lock_says(
    installed: Installation, content: str
) -> None:
    installed.started()
    with stranger() as pid:
        (installed.home / "orgloop.lock").write_text(content.replace("%d", str(pid)))
        (installed.home / "orgloop.pid").write_text(str(pid))
        (installed.home / "runtime.port").write_text("1")

        done = installed.run("stop")

    assert done.status == 0, done.said
    assert "SIGTERM" in done.said
    assert installed.await_nobody() == NOTHING_LEFT


@daemons
def test_a_deleted_lock_lets_nobody_in_and_everybody_out(installed: Installation) -> None:
    installed.started()
    (installed.home / "orgloop.lock").unlink()

    second = installed.run("start", *installed.mode.flags)
    status = installed.run("status")
    stopped = installed.run("stop")

    assert second.status == 1
    assert "already running" in second.said
    assert status.status == 0, status.said
    assert stopped.status == 0, stopped.said
    assert installed.await_nobody() == NOTHING_LEFT


@supervised
def test_a_lock_deleted_after_the_supervisor_died_lets_nobody_in(installed: Installation) -> None:
    installed.started()
    before = installed.runtime
    os.kill(installed.supervisor, signal.SIGKILL)
    until(lambda: installed.holder["supervisor"] is None, "the runtime to notice")
    (installed.home / "orgloop.lock").unlink()

    assert installed.run("start", "--daemon").status == 1
    assert installed.client.get("/control/status")["pid"] == before
    assert installed.run("stop").status == 0
    assert installed.await_nobody() == NOTHING_LEFT


@supervised
def test_stop_ends_a_runtime_that_lost_its_supervisor(installed: Installation) -> None:
    installed.started()
    os.kill(installed.supervisor, signal.SIGKILL)

    assert installed.run("stop").status == 0
    assert installed.await_nobody() == NOTHING_LEFT


@supervised
def test_stop_ends_a_supervisor_between_two_runtimes(installed: Installation) -> None:
    installed.environ["ORGLOOP_SUPERVISOR_BACKOFF_INITIAL"] = "10m"
    installed.environ["ORGLOOP_SUPERVISOR_BACKOFF_MAX"] = "10m"
    installed.started()
    os.kill(installed.runtime, signal.SIGKILL)
    until(lambda: installed.holder["pid"] is None, "the supervisor to notice")

    done = installed.run("stop")

    assert done.status == 0
    assert "SIGTERM" not in done.said
    assert without_databases(installed.await_nobody()) == NOTHING_LEFT


@daemons
def test_force_ends_what_hangs_and_leaves_nothing_behind(installed: Installation) -> None:
    installed.started()
    os.kill(installed.runtime, signal.SIGSTOP)

    done = installed.run("stop", "--force", "--grace", "200ms")

    assert done.status == 0, done.said
    assert without_databases(installed.await_nobody()) == NOTHING_LEFT


@supervised
def test_a_runtime_that_dies_on_its_way_out_is_not_started_again(installed: Installation) -> None:
    installed.started()
    runtime = installed.runtime
    os.kill(runtime, signal.SIGSTOP)
    stopping = subprocess.Popen(installed.command("stop"), env=installed.environ)
    # The supervisor has been told by now, and passes it on to a process that cannot hear it.
    until_written(installed.home / "logs" / "orgloop.log", "stopping: SIGTERM")

    os.kill(runtime, signal.SIGKILL)

    assert stopping.wait(LIMIT_SECONDS) == 0
    assert without_databases(installed.await_nobody()) == NOTHING_LEFT


@daemon
def test_ctrl_c_ends_only_the_wait(installed: Installation, tmp_path: Path) -> None:
    installed.started()
    os.kill(installed.runtime, signal.SIGSTOP)
    with (tmp_path / "said").open("wb") as said:
        stopping = subprocess.Popen(
            installed.command("stop"), env=installed.environ, stdout=said, stderr=said
        )
    until_written(tmp_path / "said", "SIGTERM")

    os.kill(stopping.pid, signal.SIGINT)
    os.kill(stopping.pid, signal.SIGINT)
    status = stopping.wait(LIMIT_SECONDS)
    os.kill(installed.runtime, signal.SIGCONT)

    assert status == 1
    assert "goes on stopping" in (tmp_path / "said").read_text()
    assert "Traceback" not in (tmp_path / "said").read_text()
    assert installed.await_nobody() == NOTHING_LEFT


@daemon
def test_a_person_sees_what_is_waited_for(installed: Installation) -> None:
    installed.started()
    runtime = installed.runtime
    os.kill(runtime, signal.SIGSTOP)
    terminal, theirs = pty.openpty()
    stopping = subprocess.Popen(
        installed.command("stop"), env=installed.environ, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)

    seen = _read_until(terminal, b"suspended")
    os.kill(runtime, signal.SIGCONT)
    seen += _read_until(terminal, b"stopped")
    os.close(terminal)

    assert b"kill -CONT %d" % runtime in seen
    assert stopping.wait(LIMIT_SECONDS) == 0
    until_gone(runtime)


def _read_until(terminal: int, text: bytes) -> bytes:
    seen = b""
    while text not in seen:
        seen += os.read(terminal, 1000)
    return seen
