"""A start without standard streams, with ones that cannot be written, and without a directory."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from support.census import NOTHING_LEFT
from support.lifecycle import Installation, Mode
from support.waiting import LIMIT_SECONDS, until

modes = pytest.mark.parametrize("mode", [Mode.FOREGROUND, Mode.SUPERVISED], ids=str)
daemon = pytest.mark.parametrize("mode", [Mode.DAEMON], ids=str)
in_foreground = pytest.mark.parametrize("mode", [Mode.FOREGROUND], ids=str)


@modes
def test_a_start_without_standard_streams_writes_into_no_file_of_the_home(
    installed: Installation,
) -> None:
    started = subprocess.Popen(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *_start(installed)],
        cwd=installed.project,
        env=installed.environ,
    )
    if installed.mode.is_daemon:
        assert started.wait(LIMIT_SECONDS) == 0
    until(lambda: installed.port and installed.is_ready, "a start")

    assert json.loads((installed.home / "orgloop.lock").read_text())["project"] == "matrix"
    assert _files(installed.runtime, installed.home) == set()
    assert installed.run("stop").status == 0
    assert installed.mode.is_daemon or started.wait(LIMIT_SECONDS) == 0
    assert installed.await_nobody() == NOTHING_LEFT


def _files(pid: int, home: Path) -> set[str]:
    """Return which files of the home, logs apart, are the standard streams of a process."""
    found = (os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3))
    return {one for one in found if one.startswith(str(home)) and ".log" not in one}


@in_foreground
def test_a_project_that_is_not_valid_is_told_apart_without_standard_streams(
    installed: Installation,
) -> None:
    installed.file.write_text("bogus: 1\n")

    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *_start(installed)],
        cwd=installed.project,
        env=installed.environ,
        timeout=LIMIT_SECONDS,
        check=False,
    )

    assert done.returncode == 4


@daemon
def test_a_start_that_cannot_say_that_it_is_ready_has_not_failed(
    installed: Installation,
) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            _start(installed),
            cwd=installed.project,
            env=installed.environ,
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=LIMIT_SECONDS,
            check=False,
        )

    assert done.returncode == 0
    assert b"No space left" in done.stderr
    assert installed.port
    assert installed.is_ready


@modes
def test_a_start_in_a_directory_that_is_gone_says_so(installed: Installation) -> None:
    gone = installed.place / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["sh", "-c", 'rmdir "$0"; exec "$@"', gone, *_start(installed)],
        cwd=gone,
        env=installed.environ,
        capture_output=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )

    assert done.returncode == 4
    assert b"current directory" in done.stderr
    assert installed.left() == NOTHING_LEFT


def _start(installed: Installation) -> list[str]:
    return installed.command("start", *installed.mode.flags)
