"""``status`` and ``stop`` on a real runtime: found by its home, never mistaken for a stranger."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from support.process import RuntimeProcess

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_status_shows_what_runs(runtime: RuntimeProcess, orgloop: Run) -> None:
    runtime.start()

    done = orgloop("status")

    assert done.returncode == 0
    assert done.stdout.startswith("house: ok\n")
    assert f"process {runtime.pid}" in done.stdout
    assert f"http://127.0.0.1:{runtime.port}" in done.stdout


def test_status_in_json_is_the_body_of_the_api(runtime: RuntimeProcess, orgloop: Run) -> None:
    runtime.start()

    shown = json.loads(orgloop("--json", "status").stdout)

    answered = runtime.get("/api/status")
    assert shown.keys() == answered.keys()
    assert shown["pid"] == runtime.pid
    assert shown["running"] is True


def test_status_after_a_crash_says_that_nothing_runs(runtime: RuntimeProcess, orgloop: Run) -> None:
    runtime.start()
    runtime.kill(signal.SIGKILL)

    done = orgloop("status", "--json")

    assert done.returncode == 3
    assert json.loads(done.stdout) == {"running": False}


def test_status_without_a_runtime_shows_what_the_last_one_had(
    runtime: RuntimeProcess, orgloop: Run, project: Path
) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write("sources: [{id: hook, connector: webhook}, {id: desk, connector: webhook}]\n")
    runtime.start()
    runtime.kill(signal.SIGTERM)

    done = orgloop("status")

    assert done.returncode == 3
    assert "last ran: house" in done.stdout
    assert "sources: hook, desk" in done.stdout
    assert "orgloop start" in done.stderr


@pytest.mark.parametrize(
    "content", ["", "[]", '{"projects": 1}', '{"projects": [1, {"routes": 1}]}']
)
def test_a_garbled_snapshot_is_no_trouble_to_status(orgloop: Run, home: Path, content: str) -> None:
    home.mkdir()
    (home / "state.json").write_text(content, "utf-8")

    done = orgloop("status")

    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_a_degraded_source_is_told_with_the_reason(
    runtime: RuntimeProcess, orgloop: Run, project: Path
) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(
            'sources: [{id: hook, connector: webhook, config: {secret: "${HOOK_SECRET}"}}]\n'
        )
    runtime.start()

    shown = orgloop("status").stdout

    assert "house: degraded\n" in shown
    assert "source hook is degraded: HOOK_SECRET is not set\n" in shown


def test_stop_in_json_says_that_nothing_runs(runtime: RuntimeProcess, orgloop: Run) -> None:
    runtime.start()

    stopped, again = orgloop("--json", "stop"), orgloop("stop", "--json")

    assert (stopped.returncode, again.returncode) == (0, 3)
    assert json.loads(stopped.stdout) == json.loads(again.stdout) == {"running": False}
    runtime.wait()


def test_stop_waits_until_the_runtime_is_gone(runtime: RuntimeProcess, orgloop: Run) -> None:
    runtime.start()

    done = orgloop("stop")

    assert done.returncode == 0
    assert done.stderr == "stopped\n"
    assert runtime.wait() == 0
    assert orgloop("stop").returncode == 3


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("control.token", "0" * 64),
        ("control.token", None),
        ("runtime.port", "1"),
        ("runtime.port", "x"),
    ],
    ids=["a wrong token", "a pipe", "a wrong port", "no port"],
)
def test_stop_signals_the_runtime_when_its_control_api_does_not_answer(
    runtime: RuntimeProcess, orgloop: Run, home: Path, file: str, content: str | None
) -> None:
    runtime.start()
    if content is None:
        (home / file).unlink()
        os.mkfifo(home / file)
    else:
        (home / file).write_text(content)

    done = orgloop("stop")

    assert done.returncode == 0
    assert "SIGTERM" in done.stderr
    assert runtime.wait() == 0


def test_stop_asks_nothing_of_a_runtime_that_is_not_the_homes(
    runtime: RuntimeProcess, orgloop: Run, home: Path, project: Path, tmp_path: Path
) -> None:
    other = RuntimeProcess(project, tmp_path / "other").start()
    runtime.start()
    (home / "runtime.port").write_text(f"{other.port}\n")
    (home / "control.token").write_text(f"{other.token}\n")

    done = orgloop("stop")
    survived = other.get("/control/status")["pid"]
    other.stop()

    assert done.returncode == 0
    assert survived == other.pid
    assert runtime.wait() == 0


@pytest.mark.parametrize("command", [["status"], ["events"], ["trace", "evt_1"]])
def test_a_stranger_on_the_port_is_not_taken_for_the_runtime(
    runtime: RuntimeProcess,
    orgloop: Run,
    home: Path,
    project: Path,
    tmp_path: Path,
    command: list[str],
) -> None:
    other = RuntimeProcess(project, tmp_path / "other").start()
    runtime.start()
    (home / "runtime.port").write_text(f"{other.port}\n")
    (home / "control.token").write_text(f"{other.token}\n")

    done = orgloop(*command)
    other.stop()

    assert done.returncode == 1
    assert f"process {runtime.pid}" in done.stderr
    assert done.stdout == ""


def test_an_answer_that_trickles_counts_as_none(
    runtime: RuntimeProcess, orgloop: Run, home: Path
) -> None:
    runtime.start()
    with trickling_server() as port:
        (home / "runtime.port").write_text(f"{port}\n")

        done = orgloop("stop")

    assert done.returncode == 0
    assert "SIGTERM" in done.stderr
    assert runtime.wait() == 0


@contextmanager
def trickling_server() -> Iterator[int]:
    """A server whose answer goes on for as long as somebody reads it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_trickle, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
    thread.join()


def _trickle(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection, suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            connection.sendall(b" ")


@pytest.mark.parametrize("file", ["orgloop.pid", "orgloop.lock"])
def test_a_stranger_whose_pid_is_in_a_file_is_never_signalled(
    orgloop: Run, home: Path, file: str
) -> None:
    home.mkdir()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    pid = stranger.pid
    (home / file).write_text(f'{{"pid": {pid}}}' if file.endswith("lock") else str(pid))

    done = orgloop("stop", "--force")
    survived = stranger.poll() is None
    stranger.communicate(b"\n")

    assert done.returncode == 3
    assert survived


def test_stop_with_force_kills_what_does_not_end(runtime: RuntimeProcess, orgloop: Run) -> None:
    runtime.start()
    # A stopped process answers nothing and ends by nothing but SIGKILL.
    os.kill(runtime.pid, signal.SIGSTOP)

    done = orgloop("stop", "--force", "--grace", "100ms")

    assert done.returncode == 0
    assert runtime.wait() == -signal.SIGKILL


@pytest.mark.parametrize("host", ["127.0.0.2", "0.0.0.0", "localhost", "::1"])
def test_a_runtime_is_found_at_the_address_its_project_names(
    runtime: RuntimeProcess, orgloop: Run, project: Path, host: str
) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(f'http: {{host: "{host}"}}\n')
    runtime.start()

    status, stopped = orgloop("status", "--json"), orgloop("stop")

    assert status.returncode == 0, status.stderr
    assert json.loads(status.stdout)["pid"] == runtime.pid
    assert "SIGTERM" not in stopped.stderr
    assert runtime.wait() == 0


def test_an_answer_that_cannot_be_written_is_a_failure_without_a_traceback(project: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "orgloop", "version"],
            stdout=full,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )

    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr
