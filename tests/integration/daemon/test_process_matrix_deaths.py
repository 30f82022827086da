"""Each mode, its processes killed and brought to a stand: who comes back, and what is left."""

from __future__ import annotations

import json
import os
import signal

import pytest

from support.census import NOTHING_LEFT, is_locked, processes_of
from support.lifecycle import Installation, Mode
from support.waiting import until, until_gone, until_written

alone = pytest.mark.parametrize("mode", [Mode.FOREGROUND, Mode.DAEMON], ids=str)
supervised = pytest.mark.parametrize(
    "mode", [Mode.SUPERVISED, Mode.SUPERVISED_IN_FOREGROUND], ids=str
)
QUICK = {
    "ORGLOOP_SUPERVISOR_BACKOFF_INITIAL": "100ms",
    "ORGLOOP_SUPERVISOR_BACKOFF_MAX": "200ms",
}


def lines_of(installed: Installation) -> list[str]:
    text = (installed.home / "logs" / "orgloop.log").read_text("utf-8")
    return [json.loads(line)["message"] for line in text.splitlines()]


@alone
def test_the_runtime_is_killed(installed: Installation) -> None:
    accepted = installed.started().accept()

    os.kill(installed.runtime, signal.SIGKILL)

    left = installed.await_nobody()
    assert not left.lock_is_held
    assert not left.port_answers
    # What a kill leaves is believed by nobody.
    assert {"orgloop.pid", "runtime.port"} <= set(left.files)
    assert installed.run("status").status == 3
    assert installed.run("stop").status == 3
    installed.let_through()
    installed.started()
    assert set(installed.await_delivered(accepted)) == accepted
    assert installed.end() == NOTHING_LEFT


@supervised
def test_the_runtime_is_killed_and_comes_back(installed: Installation) -> None:
    installed.environ.update(QUICK)
    accepted = installed.started().accept()
    first, supervisor, port = installed.runtime, installed.supervisor, installed.port

    os.kill(first, signal.SIGKILL)

    second = installed.await_another(first)
    assert installed.supervisor == supervisor
    assert installed.port == port
    assert (installed.home / "orgloop.pid").read_text().strip() == str(second)
    assert installed.client.get("/control/status")["pid"] == second
    accepted |= installed.accept()
    installed.let_through()
    assert set(installed.await_delivered(accepted)) == accepted
    assert "SIGKILL" in "\n".join(lines_of(installed))
    assert installed.end() == NOTHING_LEFT


@pytest.mark.parametrize("mode", [Mode.SUPERVISED], ids=str)
def test_the_supervisor_of_a_daemon_is_killed(installed: Installation) -> None:
    accepted = installed.started().accept()
    runtime, supervisor = installed.runtime, installed.supervisor

    os.kill(supervisor, signal.SIGKILL)

    until(lambda: installed.holder["supervisor"] is None, "the runtime to notice")
    status = installed.run("status")
    assert status.status == 0
    assert "unsupervised" in status.said
    assert installed.runtime == runtime
    assert installed.is_ready
    assert not (installed.home / "supervisor.pid").exists()
    # It still has the home for itself.
    refused = installed.start()
    assert refused is not None
    assert refused.status == 1
    assert f"process {runtime}" in refused.said
    # Beside it there is at most an attempt at a delivery, for a moment.
    until(lambda: list(processes_of(installed.place)) == [runtime], "the runtime to be alone")
    assert installed.end() == NOTHING_LEFT
    installed.let_through()
    installed.started()
    assert sorted(installed.await_delivered(accepted)) == sorted(accepted)


@pytest.mark.parametrize("mode", [Mode.SUPERVISED_IN_FOREGROUND], ids=str)
def test_the_supervisor_in_the_foreground_is_killed(installed: Installation) -> None:
    installed.started()

    os.kill(installed.supervisor, signal.SIGKILL)

    assert installed.await_nobody() == NOTHING_LEFT
    assert "5 listener: done" in "\n".join(lines_of(installed))


@pytest.mark.parametrize("mode", [Mode.SUPERVISED], ids=str)
def test_both_are_killed_at_once(installed: Installation) -> None:
    accepted = installed.started().accept()
    runtime, supervisor = installed.runtime, installed.supervisor

    os.kill(supervisor, signal.SIGKILL)
    os.kill(runtime, signal.SIGKILL)

    left = installed.await_nobody()
    assert not left.lock_is_held
    assert not left.port_answers
    assert installed.run("stop").status == 3
    installed.let_through()
    installed.started()
    assert installed.supervisor != supervisor
    assert set(installed.await_delivered(accepted)) == accepted
    assert installed.end() == NOTHING_LEFT


@alone
def test_the_runtime_stands_still(installed: Installation) -> None:
    accepted = installed.started().accept()
    runtime = installed.runtime

    os.kill(runtime, signal.SIGSTOP)
    refused = installed.start() if installed.mode.is_daemon else None
    forced = installed.run("stop", "--force", "--grace", "500ms")

    if refused is not None:
        assert refused.status == 1
        assert f"process {runtime}" in refused.said
    assert forced.status == 0, forced
    assert "killing" in forced.said
    left = installed.await_nobody()
    assert not left.lock_is_held
    assert not left.port_answers
    installed.let_through()
    installed.started()
    assert set(installed.await_delivered(accepted)) == accepted


@alone
def test_the_runtime_stands_still_for_a_while(installed: Installation) -> None:
    installed.started()
    runtime = installed.runtime

    os.kill(runtime, signal.SIGSTOP)
    os.kill(runtime, signal.SIGTERM)
    assert is_locked(installed.home / "orgloop.lock")
    os.kill(runtime, signal.SIGCONT)

    assert installed.await_nobody() == NOTHING_LEFT


@pytest.mark.slow  # a process that does not react to SIGTERM is given five seconds
@pytest.mark.parametrize("mode", [Mode.SUPERVISED], ids=str)
def test_a_wedged_runtime_is_replaced(installed: Installation) -> None:
    installed.environ.update(QUICK, ORGLOOP_HEARTBEAT_INTERVAL="300ms")
    accepted = installed.started().accept()
    first, supervisor = installed.runtime, installed.supervisor

    os.kill(first, signal.SIGSTOP)

    until_gone(first)
    second = installed.await_another(first)
    assert installed.supervisor == supervisor
    accepted |= installed.accept()
    installed.let_through()
    assert set(installed.await_delivered(accepted)) == accepted
    until_written(installed.home / "heartbeat", f'"pid":{second}')
    assert installed.end() == NOTHING_LEFT


@pytest.mark.parametrize("mode", [Mode.SUPERVISED], ids=str)
@pytest.mark.parametrize("again", [Mode.SUPERVISED, Mode.DAEMON], ids=str)
def test_a_runtime_that_always_dies_is_given_up_until_a_later_start(
    installed: Installation, again: Mode
) -> None:
    installed.environ.update(QUICK, ORGLOOP_SUPERVISOR_MAX_RESTARTS="2")
    installed.started()
    supervisor, runtime = installed.supervisor, installed.runtime

    for _ in range(2):
        os.kill(runtime, signal.SIGKILL)
        runtime = installed.await_another(runtime)
    os.kill(runtime, signal.SIGKILL)

    until_gone(supervisor)
    left = installed.await_nobody()
    assert (left.processes, left.port_answers, left.lock_is_held) == ((), False, False)
    # The databases are as the kill left them.
    assert all(name.startswith("data/") for name in left.files), left
    if installed.foreground is not None:
        assert installed.await_end() == 1
    crash = json.loads((installed.home / "crash.json").read_bytes())
    assert crash["restarts"] == 2
    assert "SIGKILL" in crash["exit"]
    status = installed.run("status")
    assert status.status == 3
    assert "gave up" in status.said or "given up" in status.said, status.said
    installed.mode = again
    installed.started()
    assert not (installed.home / "crash.json").exists()
