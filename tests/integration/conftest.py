"""A project that can be run, a home to run it on, and processes that are ended afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orgloop.storage.home import Home
from orgloop.storage.lock import holder_of
from support.process import RuntimeProcess

# A shell's background job ignores Ctrl+C, and so would every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

HEADER = "apiVersion: orgloop/v1alpha1\nkind: Project\nmetadata: {name: house}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    (directory / "orgloop.yaml").write_text(HEADER, "utf-8")
    return directory


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home that does not exist yet; what still runs on it after the test is killed."""
    place = tmp_path / "home"
    yield place
    left = holder_of(Home(place))
    if left is not None and left.pid is not None:
        os.kill(left.pid, signal.SIGKILL)


@pytest.fixture
def runtime(project: Path, home: Path) -> Iterator[RuntimeProcess]:
    """A runtime that is not started yet."""
    process = RuntimeProcess(project, home)
    yield process
    process.stop()


@pytest.fixture
def orgloop(project: Path, home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command to its end, from the project's directory."""

    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "orgloop", *arguments],
            cwd=project,
            env={"PATH": "/usr/bin:/bin", "ORGLOOP_HOME": str(home), **environ},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run
