"""``orgloop status`` where there is no healthy runtime to ask, and on a terminal that watches."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess

import pytest

from support.lifecycle import PROJECT, Installation, Mode
from support.waiting import LIMIT_SECONDS, until

daemon = pytest.mark.parametrize("mode", [Mode.DAEMON], ids=str)
supervised = pytest.mark.parametrize("mode", [Mode.SUPERVISED], ids=str)


def status(installed: Installation) -> dict[str, object]:
    shown: dict[str, object] = json.loads(installed.run("status", "--json").said)
    return shown


@supervised
def test_a_supervised_runtime_says_so(installed: Installation) -> None:
    installed.started()
    before = installed.runtime
    os.kill(before, signal.SIGKILL)
    installed.await_another(before)

    shown = status(installed)
    said = installed.run("status").said

    assert shown["supervision"] == "supervised"
    assert shown["supervisor_pid"] == installed.supervisor
    assert shown["restarts"] == 1
    assert "SIGKILL" in str(shown["last_exit"])
    assert f"supervised by process {installed.supervisor}, restarted 1 time" in said


@supervised
def test_a_runtime_that_lost_its_supervisor_is_unsupervised(installed: Installation) -> None:
    installed.started()
    supervisor = installed.supervisor
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: installed.holder["supervisor"] is None, "the runtime to notice")

    said = installed.run("status").said

    assert status(installed)["supervision"] == "unsupervised"
    assert f"unsupervised: its supervisor (process {supervisor}) has died" in said


@supervised
def test_a_supervisor_between_two_runtimes_tells_when_it_tries_again(
    installed: Installation,
) -> None:
    installed.environ["ORGLOOP_SUPERVISOR_BACKOFF_INITIAL"] = "10m"
    installed.environ["ORGLOOP_SUPERVISOR_BACKOFF_MAX"] = "10m"
    installed.started()
    os.kill(installed.runtime, signal.SIGKILL)
    until(lambda: installed.holder["pid"] is None, "the supervisor to notice")
    until(lambda: installed.holder["next_start"], "the supervisor to plan")

    shown = status(installed)
    done = installed.run("status")

    assert done.status == 1
    assert "restarting" in done.said
    assert "next try in" in done.said
    assert "SIGKILL" in done.said
    assert (shown["running"], shown["phase"], shown["pid"]) == (True, "restarting", None)
    assert shown["supervisor_pid"] == installed.supervisor
    assert shown["next_start"] == installed.holder["next_start"]


@supervised
def test_a_supervisor_that_gave_up_is_remembered_with_the_last_words(
    installed: Installation,
) -> None:
    installed.environ["ORGLOOP_SUPERVISOR_MAX_RESTARTS"] = "0"
    installed.started()
    os.kill(installed.runtime, signal.SIGABRT)
    installed.await_nobody()

    done = installed.run("status")

    assert done.status == 3
    assert "the supervisor gave up" in done.said
    assert "SIGABRT" in done.said
    assert json.loads(installed.run("status", "--json").said) == {"running": False}


@daemon
def test_a_runtime_that_does_not_answer_is_not_called_healthy(installed: Installation) -> None:
    installed.started()
    os.kill(installed.runtime, signal.SIGSTOP)

    done = installed.run("status")
    shown = status(installed)

    assert done.status == 1
    assert "suspended" in done.said
    assert "heartbeat" in done.said
    assert (shown["phase"], shown["pid"]) == ("unreachable", installed.runtime)
    assert shown["suspended"] is True
    os.kill(installed.runtime, signal.SIGCONT)


@daemon
def test_a_heartbeat_that_is_too_old_is_told(installed: Installation) -> None:
    installed.started()
    heartbeat = installed.home / "heartbeat"
    document = json.loads(heartbeat.read_bytes())
    heartbeat.write_text(json.dumps({**document, "timestamp": "2026-01-31T08:15:00Z"}))

    assert "heartbeat was written" in installed.run("status").said


@daemon
def test_a_runtime_that_starts_is_shown_as_starting(installed: Installation) -> None:
    # Its project is read for as long as somebody keeps the other end of the pipe.
    os.mkfifo(installed.project / "routes.yaml")
    installed.file.write_text(PROJECT)
    (installed.project / "routes").mkdir()
    os.rename(installed.project / "routes.yaml", installed.project / "routes" / "r.yaml")
    starting = installed.begin()
    until(lambda: installed.holder["pid"], "the start to take the home")

    done = installed.run("status")
    shown = status(installed)
    (installed.project / "routes" / "r.yaml").unlink()
    starting.kill()
    starting.wait()

    assert done.status == 0, done.said
    assert "starting" in done.said
    assert (shown["running"], shown["phase"]) == (True, "starting")


@daemon
def test_watching_needs_a_terminal(installed: Installation) -> None:
    done = installed.run("status", "--watch")

    assert done.status == 2
    assert "terminal" in done.said


@daemon
def test_a_terminal_is_redrawn_until_ctrl_c(installed: Installation) -> None:
    installed.started()
    terminal, theirs = pty.openpty()
    watching = subprocess.Popen(
        installed.command("status", "--watch"),
        env=installed.environ,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)

    seen = b""
    while seen.count(b"\x1b[H") < 2 or b"matrix" not in seen:
        seen += os.read(terminal, 1000)
    os.kill(watching.pid, signal.SIGINT)
    with open(terminal, "rb", buffering=0, closefd=True):
        assert watching.wait(LIMIT_SECONDS) == 0
