"""Each mode, ended in each orderly way: the exit code, what is said, and that nothing is left."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from pathlib import Path
from shutil import which

import pytest

from support.census import NOTHING_LEFT, processes_of
from support.lifecycle import Installation, Mode
from support.waiting import LIMIT_SECONDS, until, until_written

every_mode = pytest.mark.parametrize("mode", list(Mode), ids=str)

# Each mode with each process that can be told to end.
every_process = pytest.mark.parametrize(
    ("mode", "whom"),
    [
        (Mode.FOREGROUND, "runtime"),
        (Mode.DAEMON, "runtime"),
        (Mode.SUPERVISED, "runtime"),
        (Mode.SUPERVISED, "supervisor"),
        (Mode.SUPERVISED_IN_FOREGROUND, "runtime"),
        (Mode.SUPERVISED_IN_FOREGROUND, "supervisor"),
    ],
    ids=lambda value: str(value),
)

# Its actor hangs the first time, and is done the second.
HANGING = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: matrix}
sources:
  - {id: hook, connector: webhook}
actors:
  - id: slow
    connector: command
    config:
      command: [sh, -c, "test -e begun && { touch done; exit; }; touch begun; exec sleep 600"]
routes:
  - {name: all, when: {source: hook, events: [resource.changed]}, then: {actor: slow}}
"""


def assert_ended(installed: Installation) -> None:
    assert installed.await_nobody() == NOTHING_LEFT
    if installed.foreground is not None:
        assert installed.await_end() == 0


@every_mode
def test_stop(installed: Installation) -> None:
    installed.started().accept()

    stopped = installed.run("stop")

    # No waiting: when the command has returned, all is over.
    if installed.foreground is not None:
        installed.await_end()
    assert installed.left() == NOTHING_LEFT
    assert stopped.status == 0
    assert "stopped" in stopped.said
    assert installed.run("status").status == 3
    assert installed.run("stop").status == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)
@every_process
def test_a_signal(installed: Installation, whom: str, number: signal.Signals) -> None:
    installed.started()

    os.kill(getattr(installed, whom), number)

    assert_ended(installed)


@every_process
def test_a_second_signal(installed: Installation, whom: str) -> None:
    installed.file.write_text(HANGING, "utf-8")
    installed.started().accept(1)
    until((installed.project / "begun").exists, "the delivery that hangs")
    told = getattr(installed, whom)

    os.kill(told, signal.SIGTERM)
    until_written(installed.home / "logs" / "orgloop.log", "1 intake: done")
    os.kill(told, signal.SIGTERM)

    assert_ended(installed)
    assert "cut short" in (installed.home / "logs" / "orgloop.log").read_text("utf-8")
    installed.started()
    until((installed.project / "done").exists, "the second attempt at the delivery")


@pytest.mark.skipif(which("script") is None, reason="there is no `script` to make a terminal")
@pytest.mark.parametrize("mode", [Mode.DAEMON, Mode.SUPERVISED], ids=str)
def test_the_end_of_the_terminal_it_was_started_in(installed: Installation) -> None:
    start = shlex.join(installed.command("start", *installed.mode.flags))

    started = subprocess.run(
        ["script", "--quiet", "--return", "--command", start, "/dev/null"],
        cwd=installed.project,
        env=installed.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=LIMIT_SECONDS,
        check=False,
    )

    assert started.returncode == 0
    assert installed.is_ready
    for pid in processes_of(installed.place):
        assert controlling_terminal(pid) == 0
        assert not any(name.startswith("/dev/pts/") for name in opened_by(pid))
    assert installed.run("stop").status == 0


def controlling_terminal(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[4])


def opened_by(pid: int) -> list[str]:
    return [os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir()]
