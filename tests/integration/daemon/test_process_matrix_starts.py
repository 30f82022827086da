"""Each mode, kept from starting in each way: exit code, message, and that nothing is left."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from socket import create_server

import orjson
import pytest

from support.census import NOTHING_LEFT, Census
from support.lifecycle import Ended, Installation, Mode

PID_FILES = ("orgloop.pid", "supervisor.pid")

every_mode = pytest.mark.parametrize("mode", list(Mode), ids=str)
three_modes = pytest.mark.parametrize(
    "mode", [Mode.FOREGROUND, Mode.DAEMON, Mode.SUPERVISED], ids=str
)


def refused(installed: Installation, *flags: str) -> Ended:
    """Start it, which must fail with a message for people, and leave nothing that runs."""
    ended = installed.start(*flags)
    assert ended is not None, "it has started"
    assert "Traceback" not in ended.said
    left = installed.left()
    assert (left.processes, left.files, left.lock_is_held) == ((), (), False)
    return ended


@every_mode
def test_the_port_is_taken(installed: Installation) -> None:
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        ended = refused(installed, "--port", str(port))

    assert ended.status == 1
    assert f"port {port}" in ended.said
    assert f"process {os.getpid()}" in ended.said


@every_mode
def test_the_project_is_wrong(installed: Installation) -> None:
    with installed.file.open("a", encoding="utf-8") as file:
        file.write("sorces: []\n")

    ended = refused(installed)

    assert ended.status == 4
    assert "orgloop.yaml:" in ended.said
    assert "sorces" in ended.said
    assert ended.said.count("orgloop.yaml:") == 1, "each mistake is told once"


@three_modes
def test_there_is_no_project(installed: Installation) -> None:
    installed.file.unlink()

    ended = refused(installed)

    assert ended.status == 4
    assert "orgloop init" in ended.said


@three_modes
def test_a_file_is_where_the_home_would_be(installed: Installation) -> None:
    installed.home.touch()

    ended = installed.start()

    assert ended is not None
    assert ended.status == 1
    assert str(installed.home) in ended.said
    assert "Traceback" not in ended.said
    assert installed.left() == NOTHING_LEFT


@pytest.fixture
def disk(installed: Installation) -> Iterator[Path]:
    """A file system of 3 MB where the home is."""
    installed.home.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=3m,mode=0700", "tmpfs", str(installed.home)):
        pytest.skip("no file system can be mounted here")
    yield installed.home
    subprocess.run(["umount", "--lazy", str(installed.home)], check=True)


def mount(*arguments: str) -> bool:
    try:
        return subprocess.run(["mount", *arguments], capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "used before"])
@three_modes
def test_the_home_is_read_only(installed: Installation, disk: Path, is_new: bool) -> None:
    if not is_new:
        installed.started().end()
    assert mount("-o", "remount,ro", str(disk))

    ended = refused(installed)

    assert ended.status == 1
    assert str(disk) in ended.said
    assert "Read-only file system" in ended.said


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "used before"])
@every_mode
def test_the_disk_is_full(installed: Installation, disk: Path, is_new: bool) -> None:
    accepted: set[str] = set()
    if not is_new:
        accepted = installed.started().accept()
        installed.end()
    fill(disk / "data")

    ended = refused(installed)

    assert ended.status == 1
    assert str(disk) in ended.said
    assert "No space left on device" in ended.said
    (disk / "data" / "ballast").unlink()
    installed.let_through()
    installed.started()
    if accepted:
        assert set(installed.await_delivered(accepted)) == accepted
    assert installed.end() == NOTHING_LEFT


def fill(directory: Path) -> None:
    directory.mkdir(exist_ok=True)
    with (directory / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            return


@three_modes
def test_it_runs_already(installed: Installation, mode: Mode) -> None:
    installed.started()
    first = installed.runtime

    again = installed.run("start", *mode.flags)

    assert again.status == 1
    assert "already running" in again.said
    assert f"process {first}" in again.said
    assert "matrix" in again.said
    assert installed.runtime == first
    assert installed.is_ready


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with it."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    ended = process.poll()
    process.kill()
    process.wait()
    assert ended is None, "the stranger was killed"


@pytest.mark.parametrize(
    ("mode", "content"),
    [
        (Mode.FOREGROUND, "nonsense"),
        (Mode.DAEMON, ""),
        (Mode.DAEMON, "-1"),
        (Mode.SUPERVISED, "999999999"),
        (Mode.SUPERVISED, "{"),
        (Mode.SUPERVISED_IN_FOREGROUND, "0"),
    ],
    ids=str,
)
def test_the_files_of_an_old_runtime_say_anything(installed: Installation, content: str) -> None:
    installed.home.mkdir(mode=0o700)
    for name in ("orgloop.pid", "supervisor.pid", "orgloop.lock", "runtime.port", "heartbeat"):
        (installed.home / name).write_text(content)

    assert installed.run("status").status == 3
    assert installed.run("stop", "--force").status == 3
    installed.started()

    assert (installed.home / "orgloop.pid").read_text().strip() == str(installed.runtime)
    assert installed.end() == NOTHING_LEFT


@three_modes
def test_an_old_pid_is_a_strangers_now(
    installed: Installation, stranger: subprocess.Popen[bytes]
) -> None:
    write_pids(installed.home, stranger.pid)

    assert installed.run("status").status == 3
    assert installed.run("stop").status == 3
    assert installed.run("stop", "--force", "--grace", "100ms").status == 3
    installed.started()

    assert installed.runtime != stranger.pid
    assert installed.end() == NOTHING_LEFT


@three_modes
def test_the_files_name_a_stranger_while_it_runs(
    installed: Installation, stranger: subprocess.Popen[bytes]
) -> None:
    installed.started()
    there = [name for name in PID_FILES if (installed.home / name).exists()]
    write_pids(installed.home, stranger.pid, there)

    stopped = installed.run("stop", "--force", "--grace", "5s")

    assert stopped.status == 0, stopped
    assert installed.await_nobody() == NOTHING_LEFT


def write_pids(home: Path, pid: int, names: Sequence[str] = PID_FILES) -> None:
    home.mkdir(mode=0o700, exist_ok=True)
    for name in names:
        (home / name).write_text(str(pid))
    holder = {"pid": pid, "started": "2026-01-01T00:00:00Z", "project": "m", "supervisor": pid}
    (home / "orgloop.lock").write_bytes(orjson.dumps(holder))


def test_the_count_of_what_is_left_sees_what_there_is(tmp_path: Path) -> None:
    installed = Installation(tmp_path / "installation", Mode.FOREGROUND)
    try:
        installed.started()

        left = installed.left()

        assert left != NOTHING_LEFT
        assert left == Census(
            processes=(" ".join(installed.command("start")),),
            files=left.files,
            port_answers=True,
            lock_is_held=True,
        )
        assert {"orgloop.pid", "runtime.port", "heartbeat"} <= set(left.files)
    finally:
        installed.clear()
