"""A runtime that crashes, hangs or becomes invalid in every way, and the supervisor that minds."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from support.census import NOTHING_LEFT, private_megabytes
from support.lifecycle import Installation, Mode
from support.mischief import have_done, write_mischief
from support.waiting import LIMIT_SECONDS, until, until_gone, until_written

daemon = pytest.mark.parametrize("mode", [Mode.SUPERVISED], ids=str)
foreground = pytest.mark.parametrize("mode", [Mode.SUPERVISED_IN_FOREGROUND], ids=str)
both = pytest.mark.parametrize("mode", [Mode.SUPERVISED, Mode.SUPERVISED_IN_FOREGROUND], ids=str)

QUICK = {
    "ORGLOOP_SUPERVISOR_BACKOFF_INITIAL": "50ms",
    "ORGLOOP_SUPERVISOR_BACKOFF_MAX": "100ms",
}
BUSY = "re.match('(a+)+$', 'a' * 40 + 'b')"  # C code that keeps the interpreter for itself
MOST_PRIVATE_MEGABYTES = 36


@pytest.fixture
def odd(installed: Installation) -> Installation:
    """An installation whose runtime does what the test tells it to do."""
    installed.environ.update(QUICK)
    write_mischief(installed.project)
    return installed


def log_of(installed: Installation) -> list[str]:
    text = (installed.home / "logs" / "orgloop.log").read_text("utf-8")
    return [json.loads(line)["message"] for line in text.splitlines()]


def crash_record(installed: Installation) -> dict[str, object]:
    content: dict[str, object] = json.loads((installed.home / "crash.json").read_bytes())
    return content


@both
def test_a_plugin_that_ends_the_process_does_not_end_the_service(odd: Installation) -> None:
    accepted = odd.started().accept()
    first = odd.runtime

    have_done(odd.project, "os.write(2, b'out of here\\n'); os._exit(0o3)")

    second = odd.await_another(first)
    odd.let_through()
    assert set(odd.await_delivered(accepted)) == accepted
    until_written(odd.home / "heartbeat", f'"pid":{second}')
    assert json.loads((odd.home / "heartbeat").read_bytes())["restarts"] == 1
    assert any("exit code 3; the next one is started in" in line for line in log_of(odd))
    assert odd.run("stop").status == 0
    assert odd.await_nobody() == NOTHING_LEFT
    if odd.foreground is not None:
        assert "out of here" in odd.said


@pytest.mark.slow  # a process that does not react to SIGTERM is given five seconds
@daemon
def test_the_stack_of_one_that_hangs_is_in_the_log(odd: Installation) -> None:
    odd.environ["ORGLOOP_HEARTBEAT_INTERVAL"] = "300ms"
    odd.started()
    first = odd.runtime

    have_done(odd.project, BUSY)

    until_gone(first)
    odd.await_another(first)
    [told] = [line for line in log_of(odd) if "gives no sign of life" in line]
    assert f"PID {first}" in told
    assert "mischief.py" in told
    assert "in poll" in told
    assert "no sign of life" in odd.holder["last_exit"]
    assert odd.run("stop").status == 0
    assert odd.await_nobody() == NOTHING_LEFT


@daemon
def test_one_that_hangs_for_less_than_three_periods_is_left_alone(odd: Installation) -> None:
    odd.environ["ORGLOOP_HEARTBEAT_INTERVAL"] = "2s"
    odd.started()
    first = odd.runtime

    have_done(odd.project, "time.sleep(1); open('slept', 'w').close()")

    until((odd.project / "slept").exists, "the sleep to be over")
    assert odd.is_ready
    assert odd.runtime == first


@daemon
def test_a_crash_loop_from_the_very_start_is_given_up_and_nothing_is_left(
    odd: Installation,
) -> None:
    odd.environ["ORGLOOP_SUPERVISOR_MAX_RESTARTS"] = "2"
    with (odd.project / "mischief.py").open("a", encoding="utf-8") as plugin:
        plugin.write("os.write(2, b'no such library\\n')\nos.kill(os.getpid(), 11)\n")

    ended = odd.start()

    assert ended is not None
    assert ended.status == 1
    assert "gave up after more than 2 restarts within 5m" in ended.said
    assert "killed by SIGSEGV" in ended.said
    assert "no such library" in ended.said
    assert odd.await_nobody() == NOTHING_LEFT
    record = crash_record(odd)
    assert record["restarts"] == 2
    assert record["exit"] == "killed by SIGSEGV"
    assert "no such library" in str(record["stderr"])


@both
def test_a_project_that_became_invalid_is_not_tried_again_and_again(odd: Installation) -> None:
    odd.started()
    runtime, supervisor = odd.runtime, odd.supervisor
    odd.file.write_text(odd.file.read_text("utf-8") + "bogus: 1\n", "utf-8")

    os.kill(runtime, signal.SIGKILL)

    until_gone(supervisor)
    left = odd.await_nobody()
    assert (left.processes, left.port_answers, left.lock_is_held) == ((), False, False)
    record = crash_record(odd)
    assert record["exit"] == "exit code 4"
    assert "bogus" in str(record["stderr"])
    assert sum("the next one is started" in line for line in log_of(odd)) == 1
    if odd.foreground is not None:
        assert odd.await_end() == 4
        assert "bogus" in odd.said


@daemon
def test_connections_wait_while_there_is_no_runtime(odd: Installation) -> None:
    odd.environ.update(ORGLOOP_SUPERVISOR_BACKOFF_INITIAL="1s", ORGLOOP_SUPERVISOR_BACKOFF_MAX="1s")
    odd.started()
    first = odd.runtime

    os.kill(first, signal.SIGKILL)
    until(lambda: odd.holder["next_start"], "the pause")
    assert odd.holder["pid"] is None
    assert not (odd.home / "orgloop.pid").exists()
    accepted = odd.accept(1)  # no second try: the connection waits in the socket

    assert odd.runtime != first
    odd.let_through()
    assert set(odd.await_delivered(accepted)) == accepted


@both
def test_a_stop_during_a_pause_ends_it_at_once(odd: Installation) -> None:
    odd.environ.update(
        ORGLOOP_SUPERVISOR_BACKOFF_INITIAL="10m", ORGLOOP_SUPERVISOR_BACKOFF_MAX="10m"
    )
    odd.started()

    os.kill(odd.runtime, signal.SIGKILL)
    until(lambda: odd.holder["next_start"], "the pause")
    assert odd.run("stop").status == 0

    left = odd.await_nobody()
    assert (left.processes, left.port_answers, left.lock_is_held) == ((), False, False)
    assert not set(left.files) & {"orgloop.pid", "supervisor.pid", "heartbeat", "runtime.port"}


@daemon
def test_a_restart_during_a_pause_ends_the_pause(odd: Installation) -> None:
    odd.environ.update(
        ORGLOOP_SUPERVISOR_BACKOFF_INITIAL="10m", ORGLOOP_SUPERVISOR_BACKOFF_MAX="10m"
    )
    odd.started()
    first = odd.runtime

    os.kill(first, signal.SIGKILL)
    until(lambda: odd.holder["next_start"], "the pause")
    done = odd.run("restart")

    assert done.status == 0, done.said
    assert odd.runtime != first
    assert odd.accept()


@daemon
def test_a_supervisor_that_stood_still_blames_nobody(odd: Installation) -> None:
    odd.environ["ORGLOOP_HEARTBEAT_INTERVAL"] = "200ms"
    odd.started()
    runtime, supervisor = odd.runtime, odd.supervisor

    os.kill(supervisor, signal.SIGSTOP)
    before = (odd.home / "heartbeat").read_bytes()
    have_done(odd.project, "time.sleep(1.5); open('slept', 'w').close()")
    until((odd.project / "slept").exists, "more than three periods to pass")
    os.kill(supervisor, signal.SIGCONT)

    until(lambda: (odd.home / "heartbeat").read_bytes() != before, "the next heartbeat")
    assert odd.runtime == runtime
    assert not any("no sign of life" in line for line in log_of(odd))


@foreground
def test_a_terminal_that_nobody_reads_holds_nobody_up(odd: Installation) -> None:
    reading, writing = os.pipe()
    with subprocess.Popen(
        odd.command("start", *odd.mode.flags),
        cwd=odd.project,
        env=odd.environ,
        stdin=subprocess.DEVNULL,
        stderr=writing,
    ) as supervisor:
        os.close(writing)
        until(lambda: odd.is_ready, "the start")
        first = odd.runtime

        have_done(odd.project, "os.write(2, b'x' * 2_000_000); open('wrote', 'w').close()")
        until((odd.project / "wrote").exists, "the flood")
        os.kill(first, signal.SIGKILL)

        odd.await_another(first)
        assert odd.run("stop").status == 0
        assert supervisor.wait(LIMIT_SECONDS) == 0
    os.close(reading)
    assert odd.left() == NOTHING_LEFT


@both
def test_a_supervisor_is_small(installed: Installation) -> None:
    installed.started()

    assert private_megabytes(installed.supervisor) < MOST_PRIVATE_MEGABYTES
