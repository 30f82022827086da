"""A signal that comes before there is anything to stop ends the process with nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orgloop.storage.home import Home
from orgloop.storage.lock import holder_of
from support.lifecycle import Installation, Mode
from support.process import RuntimeProcess
from support.waiting import until, until_gone

# Imported with the project, before anything is open; it takes as long as the test wants.
SLOW = """\
import os, time
here = os.path.dirname(__file__)
with open(os.path.join(here, "importing"), "w") as file: file.write(str(os.getpid()))
while not os.path.exists(os.path.join(here, "go")): time.sleep(0.01)
from orgloop.plugin import Registration
registration = Registration(id="slow", source=lambda config, context: None)
"""


def with_slow_plugin(project: Path) -> None:
    (project / "slow.py").write_text(SLOW, "utf-8")
    with (project / "orgloop.yaml").open("w", encoding="utf-8") as file:
        file.write(
            "apiVersion: orgloop/v1alpha1\nkind: Project\nmetadata: {name: house}\n"
            "sources:\n  - {id: slow, connector: ./slow.py}\n"
        )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_it_ends_without_a_word(
    runtime: RuntimeProcess, project: Path, home: Path, number: signal.Signals
) -> None:
    with_slow_plugin(project)
    runtime.begin()
    until((project / "importing").exists, "the import")

    runtime.send(number)

    assert runtime.process is not None
    assert runtime.process.stderr is not None
    assert runtime.process.stderr.read() == ""
    assert runtime.wait() == 0
    assert holder_of(Home(home)) is None
    left = {path.name for path in home.iterdir()}
    assert not left & {"orgloop.pid", "runtime.port", "heartbeat"}


def test_twistd_ends_the_same_way(project: Path, home: Path) -> None:
    with_slow_plugin(project)
    twistd = Path(sys.executable).with_name("twistd")
    command = [str(twistd), "-n", "orgloop", "--project", str(project), "--home", str(home)]
    with subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE) as process:
        until((project / "importing").exists, "the import")

        process.send_signal(signal.SIGINT)

        assert process.wait() == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_other_signals_do_not_end_a_start(
    runtime: RuntimeProcess, project: Path, number: signal.Signals
) -> None:
    with_slow_plugin(project)
    runtime.begin()
    until((project / "importing").exists, "the import")

    runtime.send(number)
    (project / "go").touch()

    assert runtime.await_ready().kill(signal.SIGTERM) == 0


def test_the_command_that_waits_for_a_daemon_is_told(tmp_path: Path) -> None:
    installed = Installation(tmp_path, Mode.DAEMON)
    with_slow_plugin(installed.project)
    try:
        command = installed.begin()
        until((installed.project / "importing").read_text, "the import")
        importing = int((installed.project / "importing").read_text())

        os.kill(importing, signal.SIGTERM)

        assert command.wait() == 1
        assert "stopped before it was ready: SIGTERM" in installed.said
        until_gone(importing)
        assert not (installed.home / "orgloop.pid").exists()
    finally:
        installed.clear()
