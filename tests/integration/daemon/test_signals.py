"""What a runtime answers to each signal, whatever it is at."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

from support.lifecycle import Installation, Mode
from support.oddities import with_odd_source
from support.process import RuntimeProcess
from support.waiting import until, until_written

LOADED = """\
sources:
  - {id: hook, connector: webhook}
actors:
  - {id: slow, connector: command, config: {command: [sh, -c, "echo >> started; sleep 60"]}}
loggers:
  - {name: books, type: file, config: {path: ./books.log, buffer: {size: 1}}}
routes:
  - {name: all, when: {source: hook}, then: {actor: slow}}
"""


def begun(project: Path) -> int:
    """Return how many attempts have begun."""
    file = project / "started"
    return len(file.read_text("utf-8").splitlines()) if file.exists() else 0


def records(home: Path) -> list[dict[str, Any]]:
    text = (home / "logs" / "orgloop.log").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def messages(home: Path) -> list[str]:
    return [record["message"] for record in records(home)]


def count(home: Path, text: str) -> int:
    return sum(text in message for message in messages(home))


def test_a_hangup_is_answered_each_time_and_changes_nothing(
    runtime: RuntimeProcess, home: Path
) -> None:
    runtime.start()
    before = sorted(path.name for path in home.iterdir())

    for times in (1, 2):
        runtime.send(signal.SIGHUP)
        until(lambda times=times: count(home, "SIGHUP") == times, "the answer")

    assert runtime.get("/control/status")["pid"] == runtime.pid
    assert sorted(path.name for path in home.iterdir()) == before
    assert runtime.kill(signal.SIGTERM) == 0


def test_all_log_files_are_opened_anew(tmp_path: Path) -> None:
    installed = Installation(tmp_path, Mode.DAEMON)
    with installed.file.open("a", encoding="utf-8") as file:
        file.write("loggers:\n  - {name: books, type: file, config: {path: ./books.log}}\n")
    try:
        installed.started()
        logs = [
            *(installed.home / "logs" / name for name in ("orgloop.log", "daemon.stderr.log")),
            installed.home / "logs" / "daemon.stdout.log",
            installed.project / "books.log",
        ]
        for log in logs:
            log.rename(log.with_suffix(".old"))

        os.kill(installed.runtime, signal.SIGUSR1)
        until(lambda: all(log.exists() for log in logs[:3]), "the new files")
        installed.accept(1)
        until(lambda: logs[3].read_text(), "the logger's new file")

        until_written(logs[0], "SIGUSR1: all log files are opened anew")
        said = messages(installed.home)
        assert not any("stopping" in message for message in said)
        assert installed.run("stop").status == 0
    finally:
        installed.clear()


def test_stacks_and_numbers_are_told_in_the_log_and_on_standard_error(
    runtime: RuntimeProcess, project: Path, home: Path
) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(LOADED)
    runtime.arguments = ("--grace", "1s")
    runtime.start()
    for number in range(3):
        runtime.request("POST", "/webhook/hook", b'{"n": %d}' % number)
    until(lambda: begun(project) == 3, "the attempts")

    for times in (1, 2):
        runtime.send(signal.SIGUSR2)
        until(lambda times=times: count(home, "project house: ") == times, "the numbers")
    runtime.kill(signal.SIGTERM)

    said = messages(home)
    assert any(message.startswith("thread MainThread is at ") for message in said)
    assert any(message.startswith("thread application log is at ") for message in said)
    assert any("delayed calls" in one and "0 events (0 bytes)" in one for one in said)
    assert said.count("project house: 3 delivering for slow; in flight: 3 at slow") == 2
    assert sum("most recent call first" in line for line in runtime.lines) > 2


def test_a_reactor_that_is_stuck_says_where(
    runtime: RuntimeProcess, project: Path, home: Path
) -> None:
    stuck = "def stuck():\n    touch('stuck')\n    while not os.path.exists(place('go')): pass\n"
    with_odd_source(project, start="self.clock.callLater(0, stuck)", beyond=stuck)
    runtime.begin()
    until((project / "stuck").exists, "the plugin")

    runtime.send(signal.SIGUSR2)
    until(lambda: count(home, "thread MainThread is at "), "the stack")

    assert "odd.py" in next(one for one in messages(home) if one.startswith("thread MainThread"))
    (project / "go").touch()
    assert runtime.await_ready().kill(signal.SIGTERM) == 0


def test_a_broken_pipe_harms_neither_us_nor_is_it_kept_from_commands(
    runtime: RuntimeProcess, project: Path
) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(LOADED.replace("echo >> started; sleep 60", "grep SigIgn /proc/self/status >i"))
    runtime.start()

    runtime.send(signal.SIGPIPE)
    runtime.request("POST", "/webhook/hook", b"{}")

    ignored = until(lambda: (project / "i").read_text(), "the command")
    assert int(ignored.split()[1], 16) & (1 << (signal.SIGPIPE - 1)) == 0
    assert runtime.kill(signal.SIGTERM) == 0
