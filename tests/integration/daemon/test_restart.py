"""``orgloop restart``: another runtime, the same port, and nobody is turned away."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from orgloop.daemon.succession.doorway import connect
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder
from support.census import NOTHING_LEFT
from support.clients import clients
from support.lifecycle import PROJECT, Installation, Mode
from support.waiting import until, until_gone, until_written

every_mode = pytest.mark.parametrize("mode", list(Mode), ids=str)
daemons = pytest.mark.parametrize("mode", [Mode.DAEMON, Mode.SUPERVISED], ids=str)
unsupervised = pytest.mark.parametrize("mode", [Mode.DAEMON], ids=str)

_NOBODY = 65534


@every_mode
def test_every_request_during_a_restart_is_answered(installed: Installation) -> None:
    installed.started()
    before, port = installed.runtime, installed.port

    with clients(port) as asking:
        asking.await_more(20)
        done = installed.run("restart")
        asking.await_more(20)

    assert done.status == 0, done.said
    assert set(asking.answers) == {200}
    assert installed.port == port
    assert installed.runtime != before
    assert f"process {installed.runtime}" in done.said
    until_gone(before)
    assert installed.run("stop").status == 0
    assert installed.await_nobody() == NOTHING_LEFT


@daemons
def test_a_restart_reads_the_project_anew_and_loses_no_event(installed: Installation) -> None:
    installed.started()
    events = installed.accept()
    installed.file.write_text(
        PROJECT + "  - {name: extra, when: {source: hook}, then: {actor: gate}}\n"
    )

    assert installed.run("restart").status == 0

    assert [route["name"] for route in installed.client.get("/api/routes")] == ["all", "extra"]
    installed.let_through()
    installed.await_delivered(events)


@daemons
def test_a_runtime_goes_on_if_the_next_one_is_not_valid(installed: Installation) -> None:
    installed.started()
    before = installed.runtime
    installed.file.write_text(PROJECT + "bogus: 1\n")

    done = installed.run("restart")

    assert done.status == 4
    assert "bogus" in done.said
    assert f"process {before} goes on" in done.said
    assert installed.runtime == before
    assert installed.accept()


@unsupervised
def test_a_restart_where_nothing_runs_says_so(installed: Installation) -> None:
    done = installed.run("restart")

    assert done.status == 3
    assert "orgloop start" in done.said


@daemons
def test_of_two_restarts_at_once_one_is_refused(installed: Installation) -> None:
    installed.started()

    outputs = [installed.place / name for name in ("one", "two")]
    commands = [_restart(installed, output) for output in outputs]
    statuses = sorted(command.wait() for command in commands)

    assert statuses == [0, 1], [output.read_text() for output in outputs]
    assert "another restart is under way" in "".join(output.read_text() for output in outputs)
    assert installed.accept()


def _restart(installed: Installation, output: Path) -> subprocess.Popen[bytes]:
    with output.open("wb") as opened:
        return subprocess.Popen(
            installed.command("restart"), env=installed.environ, stdout=opened, stderr=opened
        )


@unsupervised
def test_a_token_that_is_replaced_during_a_restart_opens_the_next_runtime(
    installed: Installation,
) -> None:
    installed.started()
    before = installed.client.token
    restarting = _restart(installed, installed.place / "restart")

    rotations = [installed.run("token", "rotate")]
    while restarting.poll() is None:
        rotations.append(installed.run("token", "rotate"))

    assert restarting.returncode == 0
    assert 0 in {rotation.status for rotation in rotations}
    assert "is not the runtime" not in "".join(rotation.said for rotation in rotations)
    assert installed.client.token != before
    assert installed.accept()


@unsupervised
def test_a_restart_keeps_the_flags_of_the_start(installed: Installation) -> None:
    installed.started("--grace", "7s", "-v")
    before = installed.holder

    assert installed.run("restart").status == 0

    assert installed.holder["flags"] == before["flags"]
    assert "7s" in before["flags"]
    assert installed.holder["file"] == before["file"]


@daemons
def test_the_death_of_the_new_runtime_on_its_way_up_is_told(installed: Installation) -> None:
    installed.started()
    before = installed.runtime
    # What is opened after the old one has gone cannot be: the queue of a project of another name.
    installed.file.write_text(PROJECT.replace("name: matrix", "name: other"))
    (installed.home / "data" / "queue" / "other.db").mkdir()

    done = installed.run("restart")

    assert done.status == 1
    assert "other.db" in done.said
    until_gone(before)


@unsupervised
def test_a_runtime_under_systemd_is_left_to_it(installed: Installation) -> None:
    with _notified(installed) as address:
        installed.environ["NOTIFY_SOCKET"] = address
        installed.started()
        done = installed.run("restart", NOTIFY_SOCKET="")

    assert done.status == 1
    assert "systemctl" in done.said


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a process of another user")
@unsupervised
def test_a_runtime_of_another_user_is_left_to_that_user(installed: Installation) -> None:
    home = Home(installed.home)
    home.create()
    lock = HomeLock.acquire(home, LockHolder())
    with subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, user=_NOBODY, pass_fds=[lock.descriptor]
    ) as other:
        lock.write(LockHolder(other.pid, file=str(installed.file), is_daemon=True))
        lock.release()
        done = installed.run("restart")
        other.kill()

    assert done.status == 1
    assert f"process {other.pid} runs as user {_NOBODY}" in done.said


@contextmanager
def _notified(installed: Installation) -> Iterator[str]:
    path = installed.place / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path))
        yield str(path)


# --- the conversation with the one that runs


@unsupervised
def test_who_asks_and_dies_has_changed_nothing(installed: Installation) -> None:
    installed.started()
    before = installed.runtime

    with connect(installed.home / "handover.sock") as asking:
        asking.sendall(b'{"take": "listeners", "pid": 1}\n')
        assert orjson.loads(asking.recv(1000)) == {"listeners": ["http"]}

    until_written(installed.home / "logs" / "orgloop.log", "it goes on")
    assert installed.accept()
    assert installed.runtime == before
    assert installed.run("restart").status == 0


@unsupervised
def test_who_takes_and_dies_while_connections_end_has_changed_nothing(
    installed: Installation,
) -> None:
    installed.started()
    before = installed.runtime

    with socket.create_connection(("127.0.0.1", installed.port)) as idle:
        idle.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(1000)
        with connect(installed.home / "handover.sock") as asking:
            asking.sendall(b'{"take": "listeners", "pid": 1}\n')
            asking.recv(1000)
            asking.sendall(b'{"taken": true}\n')
        until_written(installed.home / "logs" / "orgloop.log", "it goes on")

    assert installed.accept()
    assert installed.runtime == before


@unsupervised
@pytest.mark.parametrize("line", [b"{", b"[]", b'{"taken": true}', b"x" * 100_000])
def test_what_is_no_question_changes_nothing(installed: Installation, line: bytes) -> None:
    installed.started()

    with connect(installed.home / "handover.sock") as asking:
        asking.sendall(line + b"\n")
        asking.recv(1000)

    assert installed.accept()


@unsupervised
def test_a_home_with_a_long_name_is_no_obstacle(installed: Installation) -> None:
    long = installed.place / ("d" * 100)
    long.mkdir()
    installed.home = long / "home"
    installed.environ["ORGLOOP_HOME"] = str(installed.home)
    installed.started()
    before = installed.runtime

    assert installed.run("restart").status == 0
    assert installed.runtime != before


@unsupervised
def test_a_wedged_runtime_is_not_replaced(installed: Installation) -> None:
    installed.started()
    os.kill(installed.runtime, signal.SIGSTOP)
    try:
        done = installed.run("restart")
    finally:
        os.kill(installed.runtime, signal.SIGCONT)

    assert done.status == 1
    assert "orgloop stop" in done.said
    until(lambda: installed.is_ready, "the runtime to go on")
