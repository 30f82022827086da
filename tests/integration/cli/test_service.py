"""What is asked of systemd and launchd, where programs of their names write down what they hear."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.waiting import LIMIT_SECONDS

Orgloop = Callable[..., subprocess.CompletedProcess[str]]

# Ends with the status that the file of its name says, after writing what that file goes on with.
PROGRAM = """#!/bin/sh
name=$(basename "$0")
echo "$name $*" >> "$HOME/asked"
[ -f "$HOME/$name.said" ] && cat "$HOME/$name.said"
[ -f "$HOME/$name.complained" ] && cat "$HOME/$name.complained" >&2
exit $(cat "$HOME/$name.status" 2>/dev/null || echo 0)
"""


@pytest.fixture
def person(tmp_path: Path) -> Path:
    directory = tmp_path / "person"
    directory.mkdir()
    return directory


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Where programs are found: `tail`, and nothing else at first."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in ("sh", "cat", "basename", "tail"):
        (directory / name).symlink_to(f"/usr/bin/{name}")
    return directory


@pytest.fixture
def orgloop(person: Path, programs: Path) -> Orgloop:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "orgloop", *arguments],
            env={"PATH": str(programs), "HOME": str(person), "ORGLOOP_HOME": str(person / "o")},
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_SECONDS,
            check=False,
        )

    return run


@pytest.fixture
def systemd(person: Path, programs: Path) -> Path:
    """A machine with systemd, and the service of a person installed; returns the units."""
    for name in ("systemctl", "journalctl"):
        _put(programs / name)
    units = person / ".config" / "systemd" / "user"
    units.mkdir(parents=True)
    (units / "orgloop.service").touch()
    (units / "orgloop.socket").touch()
    return units


def _put(program: Path) -> None:
    program.write_text(PROGRAM, "utf-8")
    program.chmod(0o755)


def asked(person: Path) -> list[str]:
    return (person / "asked").read_text("utf-8").splitlines()


@pytest.mark.usefixtures("systemd")
def test_start_and_stop_are_asked_of_the_service_and_its_sockets(
    orgloop: Orgloop, person: Path
) -> None:
    assert orgloop("service", "start").returncode == 0
    assert orgloop("service", "stop").returncode == 0

    assert asked(person) == [
        "systemctl --user start orgloop.socket orgloop.service",
        "systemctl --user stop orgloop.socket orgloop.service",
    ]


@pytest.mark.usefixtures("systemd")
def test_status_shows_what_systemd_says(orgloop: Orgloop, person: Path) -> None:
    (person / "systemctl.said").write_text("Active: active (running)\n", "utf-8")

    running = orgloop("service", "status")

    assert (running.returncode, running.stdout) == (0, "Active: active (running)\n")
    assert json.loads(orgloop("service", "status", "--json").stdout) == {
        "name": "orgloop",
        "running": True,
    }


@pytest.mark.usefixtures("systemd")
def test_status_of_a_service_that_does_not_run_ends_with_three(
    orgloop: Orgloop, person: Path
) -> None:
    (person / "systemctl.status").write_text("3", "utf-8")

    outcome = orgloop("service", "status", "--json")

    assert outcome.returncode == 3
    assert json.loads(outcome.stdout) == {"name": "orgloop", "running": False}
    assert "orgloop service start" in outcome.stderr


@pytest.mark.usefixtures("systemd")
def test_what_systemd_complains_of_is_passed_on(orgloop: Orgloop, person: Path) -> None:
    (person / "systemctl.status").write_text("1", "utf-8")
    (person / "systemctl.complained").write_text("Failed to connect to bus: no\n", "utf-8")

    outcome = orgloop("service", "start")

    assert outcome.returncode == 1
    assert "Failed to connect to bus: no" in outcome.stderr
    assert "orgloop start --daemon --supervised" in outcome.stderr


@pytest.mark.usefixtures("systemd")
def test_logs_come_from_the_journal(orgloop: Orgloop, person: Path) -> None:
    (person / "journalctl.said").write_text("it is ready\n", "utf-8")

    outcome = orgloop("service", "logs", "-n", "5", "--follow")

    assert outcome.stdout == "it is ready\n"
    assert asked(person)[-1] == (
        "journalctl --no-pager --user-unit orgloop.service --lines 5 --follow"
    )


@pytest.mark.usefixtures("systemd")
def test_logs_come_from_the_file_where_the_journal_has_nothing(
    orgloop: Orgloop, person: Path
) -> None:
    write_log(person, "one\ntwo\nthree\n")

    outcome = orgloop("service", "logs", "-n", "2")

    assert (outcome.returncode, outcome.stdout) == (0, "two\nthree\n")


def test_logs_come_from_the_file_where_there_is_no_service(orgloop: Orgloop, person: Path) -> None:
    write_log(person, "one\n")

    outcome = orgloop("service", "logs")

    assert (outcome.returncode, outcome.stdout) == (0, "one\n")


def test_a_file_is_followed_through_its_rotation_until_ctrl_c(person: Path, programs: Path) -> None:
    write_log(person, "one\n")
    file = person / "o" / "logs" / "orgloop.log"
    following = subprocess.Popen(
        [sys.executable, "-m", "orgloop", "service", "logs", "--follow", "-q"],
        env={"PATH": str(programs), "HOME": str(person), "ORGLOOP_HOME": str(person / "o")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    assert following.stdout is not None

    assert following.stdout.readline() == "one\n"
    file.rename(file.with_suffix(".1"))
    file.write_text("two\n", "utf-8")
    assert following.stdout.readline() == "two\n"
    os.killpg(following.pid, signal.SIGINT)  # as a terminal does
    _, said = following.communicate(timeout=LIMIT_SECONDS)

    assert following.returncode == 0
    assert "orgloop: interrupted" not in said


def write_log(person: Path, text: str) -> None:
    file = person / "o" / "logs" / "orgloop.log"
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")


@pytest.mark.parametrize("verb", ["start", "stop", "status", "logs"])
def test_a_machine_without_a_service_manager_is_told_from_one_without_the_service(
    orgloop: Orgloop, programs: Path, verb: str
) -> None:
    without = orgloop("service", verb)
    assert without.returncode == 1
    assert "neither systemctl nor launchctl" in without.stderr
    assert "orgloop start --daemon --supervised" in without.stderr

    _put(programs / "systemctl")
    outcome = orgloop("service", verb, "--user", "--name", "mine")
    assert outcome.returncode == 1
    assert "no service mine is installed" in outcome.stderr
    assert "orgloop install-service" in outcome.stderr


def test_launchd_is_asked_in_its_own_words(orgloop: Orgloop, person: Path, programs: Path) -> None:
    _put(programs / "launchctl")
    agents = person / "Library" / "LaunchAgents"
    agents.mkdir(parents=True)
    plist = agents / "dev.orgloop.orgloop.plist"
    plist.touch()

    assert orgloop("service", "start").returncode == 0
    assert orgloop("service", "stop").returncode == 0
    (person / "launchctl.status").write_text("113", "utf-8")
    assert orgloop("service", "status").returncode == 3
    assert orgloop("service", "start").returncode == 1

    target = f"gui/{os.getuid()}/dev.orgloop.orgloop"
    assert asked(person) == [
        f"launchctl print {target}",
        f"launchctl kickstart {target}",
        f"launchctl kill SIGTERM {target}",
        f"launchctl print {target}",
        f"launchctl print {target}",
        f"launchctl bootstrap gui/{os.getuid()} {plist}",
    ]
