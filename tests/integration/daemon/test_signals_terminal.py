"""A terminal that goes away, standard error that is the journal, and how lines look there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.process import RuntimeProcess
from support.waiting import until, until_written


def started(
    project: Path, home: Path, stderr: int, *arguments: str, **environ: str
) -> subprocess.Popen[bytes]:
    variables: Mapping[str, str] = {
        **os.environ,
        "ORGLOOP_HOME": str(home),
        "ORGLOOP_PORT": "0",
        **environ,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "orgloop", "-c", str(project), "start", *arguments],
        env=variables,
        stdin=stderr,
        stdout=stderr,
        stderr=stderr,
        start_new_session=True,
    )


def test_a_terminal_that_is_closed_ends_nothing(project: Path, home: Path) -> None:
    ours, theirs = os.openpty()
    process = started(project, home, theirs)
    os.close(theirs)
    said = b""
    while b" is ready on " not in said:
        said += os.read(ours, 65_536)

    os.close(ours)
    for text in ("SIGHUP", "SIGUSR1"):
        process.send_signal(getattr(signal, text))
        until_written(home / "logs" / "orgloop.log", text)

    runtime = RuntimeProcess(project, home)
    assert runtime.get("/control/status")["pid"] == process.pid
    until(lambda: os.readlink(f"/proc/{process.pid}/fd/1") == "/dev/null", "the streams")
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0


def read_to_the_end(descriptor: int) -> list[str]:
    with os.fdopen(descriptor) as stream:
        return stream.read().splitlines()


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_journal_is_told_how_bad_each_line_is_and_no_time(
    project: Path, home: Path, form: str
) -> None:
    ours, theirs = os.pipe()
    found = os.fstat(theirs)
    journal = f"{found.st_dev}:{found.st_ino}"
    process = started(project, home, theirs, "--log-format", form, JOURNAL_STREAM=journal)
    os.close(theirs)
    until_written(home / "logs" / "orgloop.log", " is ready on ")
    process.send_signal(signal.SIGHUP)
    until_written(home / "logs" / "orgloop.log", "SIGHUP")
    process.send_signal(signal.SIGTERM)

    lines = read_to_the_end(ours)

    assert process.wait() == 0
    (ready,) = [line for line in lines if " is ready on " in line]
    (hangup,) = [line for line in lines if "SIGHUP" in line]
    if form == "text":
        assert ready.startswith("<6>house is ready on http://")
        assert hangup.startswith("<4>SIGHUP: ")
    else:
        assert json.loads(ready.removeprefix("<6>"))["level"] == "info"
        assert json.loads(hangup.removeprefix("<4>"))["level"] == "warn"


def test_the_format_that_was_chosen_holds_for_both(project: Path, home: Path) -> None:
    runtime = RuntimeProcess(project, home, ORGLOOP_LOG_FORMAT="text")

    runtime.start().kill(signal.SIGTERM)

    lines = (home / "logs" / "orgloop.log").read_text("utf-8").splitlines()
    assert lines[0][10] == "T"
    assert lines[0].partition("Z ")[2].startswith("info  house is ready on ")
    assert "6 exit: done after" in lines[-1]
    assert any(line[2] == ":" and " info  house is ready on " in line for line in runtime.lines)
