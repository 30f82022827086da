"""What stops a start, and what does not."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.process import RuntimeProcess

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_of_two_starts_at_once_one_runs(runtime: RuntimeProcess, project: Path, home: Path) -> None:
    other = RuntimeProcess(project, home)
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "orgloop", "start"],
            cwd=project,
            env=other.environ,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(2)
    ]
    said: dict[int, str] = {}

    # The one that lost ends by itself; only then may the other be ended.
    pid, status = os.wait()
    loser = next(one for one in processes if one.pid == pid)
    winner = next(one for one in processes if one.pid != pid)
    loser.returncode = os.waitstatus_to_exitcode(status)
    said[loser.pid] = loser.communicate()[1]
    wait_until_ready(winner)
    winner.send_signal(signal.SIGTERM)
    winner.communicate()

    assert loser.returncode == 1
    assert f"already running on {home}" in said[loser.pid]
    assert "orgloop stop" in said[loser.pid]
    assert winner.returncode == 0


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    while " is ready on " not in (line := process.stderr.readline()):
        assert line, "the runtime ended before it was ready"


@pytest.mark.parametrize("content", ["", "nonsense", "1", str(os.getpid()), "999999999"])
def test_an_old_pid_file_neither_stops_a_start_nor_kills_a_stranger(
    runtime: RuntimeProcess, home: Path, content: str
) -> None:
    home.mkdir(mode=0o700)
    (home / "orgloop.pid").write_text(content)

    runtime.start()

    assert (home / "orgloop.pid").read_text() == str(runtime.pid)


def test_a_taken_port_stops_the_start_and_names_who_has_it(orgloop: Run, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = orgloop("start", "--port", str(port))

    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert f"process {os.getpid()}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not {"orgloop.pid", "runtime.port", "heartbeat"} & {one.name for one in home.iterdir()}
    assert not (home / "data" / "wal" / "events.db").exists()


def test_an_invalid_project_stops_the_start_with_every_error(orgloop: Run, project: Path) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write("sorces: []\nactors: [{id: a, connector: no-such-thing}]\n")

    done = orgloop("start", "--port", "0")

    assert done.returncode == 4
    assert "orgloop.yaml:4:1" in done.stderr
    assert "sources" in done.stderr
    assert "no-such-thing" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_that_is_not_there_is_exit_code_four(orgloop: Run, tmp_path: Path) -> None:
    done = orgloop("start", "-c", str(tmp_path / "absent"))

    assert done.returncode == 4
    assert "orgloop init" in done.stderr


@pytest.mark.parametrize("variable", ["ORGLOOP_PORT", "ORGLOOP_LOG_LEVEL"])
def test_a_variable_that_makes_no_sense_is_named(orgloop: Run, variable: str) -> None:
    done = orgloop("start", **{variable: "nonsense"})

    assert done.returncode in (1, 4)
    assert variable in done.stderr


def test_a_home_that_cannot_be_made_is_named(orgloop: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = orgloop("start", "--home", str(tmp_path / "file" / "home"))

    assert done.returncode == 1
    assert str(tmp_path / "file" / "home") in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_log_stops_the_start_and_names_the_way_out(
    runtime: RuntimeProcess, orgloop: Run, home: Path
) -> None:
    runtime.start()
    runtime.kill(signal.SIGTERM)
    log = home / "data" / "wal" / "events.db"
    log.write_bytes(b"not a database at all, not even nearly" * 200)

    done = orgloop("start", "--port", "0")

    assert done.returncode == 1
    assert str(log) in done.stderr
    assert "orgloop data" in done.stderr
    assert not {"orgloop.pid", "runtime.port"} & {one.name for one in home.iterdir()}


def test_a_project_above_the_current_directory_is_found(
    runtime: RuntimeProcess, project: Path
) -> None:
    deep = project / "sops" / "deep"
    deep.mkdir(parents=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "orgloop", "start"],
        cwd=deep,
        env=runtime.environ,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )

    wait_until_ready(process)
    process.send_signal(signal.SIGINT)
    process.communicate()

    assert process.returncode == 0
