import os
import signal
import sys
from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater

from orgloop.sdk.processes import (
    CannotRun,
    Finished,
    child_environment,
    end_process_group,
    process_is,
    run,
    start_of,
)
from orgloop.sdk.processgroups import group_is_alive

PATH = {"PATH": os.environ["PATH"]}


def running(argv, *, cwd="/", env=PATH, **options) -> Deferred[Finished]:
    return Deferred.fromCoroutine(run(reactor, reactor, argv, cwd=cwd, env=env, **options))


async def until(condition) -> None:
    while not condition():
        await deferLater(reactor, 0.01)


@pytest_twisted.ensureDeferred
async def test_output_and_exit_code_come_back():
    finished = await running(["sh", "-c", "cat; echo oops >&2; exit 3"], stdin=b"hello")

    assert (finished.exit_code, finished.signal, finished.exit_status) == (3, None, 3)
    assert (finished.stdout, finished.stderr_tail) == (b"hello", b"oops\n")
    assert not finished.timed_out
    assert not finished.overflowed


@pytest_twisted.ensureDeferred
async def test_death_by_a_signal_is_told():
    finished = await running(["sh", "-c", "kill -9 $$"])

    assert (finished.exit_code, finished.signal, finished.exit_status) == (None, 9, 137)


@pytest_twisted.ensureDeferred
async def test_the_program_sees_exactly_its_environment_and_directory(tmp_path: Path):
    (tmp_path / "here").mkdir()
    finished = await running(["env"], env={**PATH, "A": "ü\n", "LC_CTYPE": "C"})
    bare = await running(["env"])
    directory = await running(["pwd"], cwd=tmp_path / "here")

    lines = finished.stdout.decode().split("\n")
    assert sorted(line for line in lines if line) == sorted(
        [f"PATH={PATH['PATH']}", "A=ü", "LC_CTYPE=C"]
    )
    assert bare.stdout.decode() == f"PATH={PATH['PATH']}\n"
    assert directory.stdout.decode().strip() == str(tmp_path / "here")


@pytest_twisted.ensureDeferred
async def test_the_program_leads_a_session_of_its_own_with_default_signals():
    code = "import os; print(os.getsid(0) == os.getpid() == os.getpgrp())"
    session = await running([sys.executable, "-c", code])
    status = await running(["grep", "SigIgn", "/proc/self/status"])

    ignored = int(status.stdout.split()[1], 16)
    assert session.stdout == b"True\n"
    assert ignored & 0x7FFFFFFF == 0  # the signals that have names


@pytest_twisted.ensureDeferred
async def test_nothing_begins_before_on_started_is_done(tmp_path: Path):
    proof, noted, written = tmp_path / "proof", [], Deferred()

    async def note(pid: int, started: str) -> None:
        noted.append((pid, started))
        await written

    result = running(["touch", str(proof)], on_started=note)
    await deferLater(reactor, 0.2)
    assert not proof.exists()
    assert process_is(*noted[0])

    written.callback(None)
    await result
    assert proof.exists()
    assert not process_is(*noted[0])


@pytest_twisted.ensureDeferred
async def test_a_program_whose_pid_could_not_be_kept_never_begins(tmp_path: Path):
    pids = []

    async def refuse(pid: int, started: str) -> None:
        pids.append(pid)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await running(["touch", str(tmp_path / "proof")], on_started=refuse)

    assert not (tmp_path / "proof").exists()
    assert not group_is_alive(pids[0])


DYING_RUNTIME = """
import os, sys
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from orgloop.sdk.processes import run

async def die(pid, started):
    print(pid, started, flush=True)
    os._exit(1)

command = ["touch", sys.argv[1]]
starting = run(reactor, reactor, command, cwd="/", env=dict(os.environ), on_started=die)
reactor.callWhenRunning(lambda: Deferred.fromCoroutine(starting))
reactor.run()
"""


@pytest_twisted.ensureDeferred
async def test_a_program_whose_runtime_dies_first_never_begins(tmp_path: Path):
    script = [sys.executable, "-c", DYING_RUNTIME, str(tmp_path / "proof")]
    died = await running(script, env=dict(os.environ))
    pid, started = died.stdout.decode().split()
    await until(lambda: not process_is(int(pid), started) or is_zombie(pid))

    assert died.exit_code == 1
    assert not (tmp_path / "proof").exists()


def is_zombie(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("input_size", [0, 5_000_000])
@pytest_twisted.ensureDeferred
async def test_a_program_that_does_not_read_its_input_is_no_error(input_size: int):
    finished = await running(["true"], stdin=b"x" * input_size)

    assert finished.exit_code == 0


@pytest_twisted.ensureDeferred
async def test_a_grandchild_that_keeps_the_pipes_does_not_hold_the_answer_back():
    finished = await running(["sh", "-c", "echo said; sleep 1000 & echo $!"], stdin=b"x" * 500_000)
    said, grandchild = finished.stdout.split()
    os.kill(int(grandchild), signal.SIGKILL)

    assert (finished.exit_code, said) == (0, b"said")


@pytest_twisted.ensureDeferred
async def test_everything_a_program_wrote_is_read_though_a_grandchild_lives_on():
    finished = await running(
        [sys.executable, "-c", "import os,time\nif os.fork():\n os.write(1, b'x' * 60000)\n"
         "else:\n time.sleep(1000)"]
    )  # fmt: skip
    assert len(finished.stdout) == 60_000


@pytest_twisted.ensureDeferred
async def test_output_is_bounded():
    finished = await running(
        ["sh", "-c", "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"],
        max_output_bytes=1000,
        max_stderr_bytes=100,
    )

    assert (finished.exit_code, finished.overflowed) == (0, True)
    assert (len(finished.stdout), len(finished.stderr_tail)) == (1000, 100)


@pytest_twisted.ensureDeferred
async def test_too_much_output_can_end_the_program():
    finished = await running(["yes"], max_output_bytes=1000, end_on_overflow=True)

    assert (finished.signal, finished.overflowed) == (signal.SIGTERM, True)


@pytest_twisted.ensureDeferred
async def test_a_time_out_ends_the_whole_group():
    pids = []

    async def note(pid: int, started: str) -> None:
        pids.append(pid)

    finished = await running(
        ["sh", "-c", "sleep 1000 & sleep 1000"], timeout_seconds=0.3, on_started=note
    )

    assert (finished.timed_out, finished.signal) == (True, signal.SIGTERM)
    assert not group_is_alive(pids[0])


@pytest_twisted.ensureDeferred
async def test_what_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path):
    ready = tmp_path / "ready"
    script = f"trap '' TERM; touch {ready}; while :; do sleep 0.1; done"
    result = running(["sh", "-c", script], kill_grace_seconds=0.3)
    await until(ready.exists)

    result.cancel()
    with pytest.raises(CancelledError):
        await result


@pytest_twisted.ensureDeferred
async def test_cancelling_ends_the_group_before_the_cancellation_comes_out():
    noted = []

    async def note(pid: int, started: str) -> None:
        noted.append(pid)

    result = running(["sh", "-c", "sleep 1000 & sleep 1000"], on_started=note)
    await until(lambda: noted)
    result.cancel()

    with pytest.raises(CancelledError):
        await result
    assert not group_is_alive(noted[0])


@pytest.mark.parametrize(
    ("argv", "cwd", "message"),
    [
        (["no-such-program-here"], "/", "No such file"),
        (["/etc/passwd"], "/", r"Permission denied; make it executable"),
        (["true"], "/no/such/directory", "in /no/such/directory"),
        (["echo", "a\0b"], "/", "cannot run 'echo'"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_program_that_cannot_begin_is_told_apart_from_one_that_failed(argv, cwd, message):
    with pytest.raises(CannotRun, match=message):
        await running(argv, cwd=cwd)


@pytest_twisted.ensureDeferred
async def test_a_group_left_behind_is_ended_and_a_stranger_is_not():
    noted = []

    async def note(pid: int, started: str) -> None:
        noted.append((pid, started))

    result = running(["sh", "-c", "sleep 1000 & sleep 1000"], on_started=note)
    await until(lambda: noted)
    pid, started = noted[0]
    await until(lambda: group_is_alive(pid))

    assert not await end_process_group(pid, started + "0", reactor)
    assert not await end_process_group(os.getpid(), start_of(os.getpid()), reactor)
    assert group_is_alive(pid)
    assert await end_process_group(pid, started, reactor)
    assert (await result).signal == signal.SIGTERM
    assert not await end_process_group(pid, started, reactor)


def test_a_child_inherits_the_environment_less_what_is_ours():
    inherited = child_environment({"HOME": "/h", "ORGLOOP_HOME": "/o"}, ORGLOOP_ROUTE="r")

    assert inherited == {"HOME": "/h", "ORGLOOP_ROUTE": "r"}
