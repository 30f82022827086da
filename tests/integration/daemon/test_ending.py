"""How a runtime's process ends: signals, the six steps, exit codes, what is left on disk."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from support.process import RuntimeProcess

STEPS = ["1 intake", "2 drain", "3 loggers", "4 storage", "5 listener", "6 exit"]
SLOW = """\
sources:
  - {id: hook, connector: webhook}
actors:
  - {id: slow, connector: command, config: {command: [sh, -c, "touch started; sleep 60"]}}
routes:
  - {name: all, when: {source: hook, events: [resource.changed]}, then: {actor: slow}}
"""
PLUGIN = """\
import re
from orgloop.durations import Duration
from orgloop.plugin import Registration

def re_compile(pattern):
    re.compile(pattern)

def stop_the_reactor():
    from twisted.internet import reactor
    reactor.stop()

class Source:
    path, is_signed = None, False

    def __init__(self, config, context):
        self.clock = context.clock

    async def start(self):
        self.clock.callLater(0.1, *ACTION)

    async def stop(self): pass
    def verify(self, request): return True
    async def receive(self, request): raise NotImplementedError

registration = Registration(id="escaping", source=Source)
"""


def steps_taken(home: Path) -> list[str]:
    text = (home / "logs" / "orgloop.log").read_text("utf-8")
    messages = [json.loads(line)["message"] for line in text.splitlines()]
    return [message.partition(":")[0] for message in messages if message[0].isdigit()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_goes_through_every_step_and_ends_with_success(
    runtime: RuntimeProcess, home: Path, number: signal.Signals
) -> None:
    runtime.start()

    status = runtime.kill(number)

    assert status == 0
    assert steps_taken(home) == STEPS
    left = {path.name for path in home.iterdir()}
    assert not left & {"orgloop.pid", "runtime.port", "heartbeat"}


def test_the_control_api_ends_it_like_a_signal(runtime: RuntimeProcess, home: Path) -> None:
    runtime.start()

    status, _ = runtime.request("POST", "/control/shutdown")

    assert status == 202
    assert runtime.wait() == 0
    assert steps_taken(home) == STEPS


def test_what_says_running_is_there_while_it_runs(runtime: RuntimeProcess, home: Path) -> None:
    runtime.start()
    runtime.get("/api/status")

    assert (home / "orgloop.pid").read_text() == str(runtime.pid)
    assert (home / "runtime.port").read_text() == f"{runtime.port}\n"
    assert json.loads((home / "orgloop.lock").read_bytes())["pid"] == runtime.pid
    modes = {path: path.stat().st_mode & 0o777 for path in [home, *home.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def test_a_second_signal_goes_straight_to_saving(
    runtime: RuntimeProcess, project: Path, home: Path
) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(SLOW)
    runtime.start()
    runtime.request("POST", "/webhook/hook", b'{"n": 1}')
    wait_for(project / "started")

    runtime.send(signal.SIGTERM)
    wait_for_text(home / "logs" / "orgloop.log", "1 intake: done")
    status = runtime.kill(signal.SIGTERM)

    assert status == 0
    assert [step for step in steps_taken(home) if step not in ("2 drain", "3 loggers")] == [
        "1 intake",
        "4 storage",
        "5 listener",
        "6 exit",
    ]
    assert "cut short" in (home / "logs" / "orgloop.log").read_text("utf-8")


def test_a_hangup_changes_nothing_and_is_answered(runtime: RuntimeProcess, home: Path) -> None:
    runtime.start()

    runtime.send(signal.SIGHUP)
    wait_for_text(home / "logs" / "orgloop.log", "SIGHUP")

    assert runtime.get("/control/status")["pid"] == runtime.pid
    assert runtime.kill(signal.SIGTERM) == 0


def test_a_signal_between_listening_and_running_is_heeded(
    runtime: RuntimeProcess, home: Path
) -> None:
    runtime.begin()
    wait_for(home / "runtime.port")

    status = runtime.kill(signal.SIGTERM)

    assert status == 0
    assert not {path.name for path in home.iterdir()} & {"orgloop.pid", "runtime.port"}


@pytest.mark.parametrize(
    ("action", "exit_code"),
    [("(Duration.parse, None)", 1), ("(re_compile, '(')", 0)],
    ids=["an error in our own code", "an error in the plugin's"],
)
def test_an_error_that_escapes_ends_it_only_if_it_is_ours(
    runtime: RuntimeProcess, project: Path, home: Path, action: str, exit_code: int
) -> None:
    (project / "escaping.py").write_text(PLUGIN.replace("ACTION", action), "utf-8")
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write("sources:\n  - {id: odd, connector: ./escaping.py}\n")
    runtime.begin()

    wait_for(home / "logs" / "orgloop.log")
    wait_for_text(home / "logs" / "orgloop.log", "Traceback")
    if exit_code == 0:
        runtime.send(signal.SIGTERM)
    status = runtime.wait()

    assert status == exit_code
    assert steps_taken(home) == STEPS
    assert not (home / "orgloop.pid").exists()


def test_a_reactor_that_somebody_stops_goes_the_same_way(
    runtime: RuntimeProcess, project: Path, home: Path
) -> None:
    (project / "odd.py").write_text(PLUGIN.replace("ACTION", "(stop_the_reactor,)"), "utf-8")
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write("sources:\n  - {id: odd, connector: ./odd.py}\n")

    status = runtime.begin().wait()

    assert status == 0
    assert steps_taken(home) == STEPS


def test_after_a_kill_the_next_start_finds_its_way(runtime: RuntimeProcess) -> None:
    runtime.start()
    killed = runtime.kill(signal.SIGKILL)

    again = RuntimeProcess(runtime.project, runtime.home).start()

    assert killed == -signal.SIGKILL
    assert again.get("/control/status")["pid"] == again.pid
    assert again.kill(signal.SIGTERM) == 0


def wait_for(path: Path) -> None:
    while not path.exists():
        os.sched_yield()


def wait_for_text(path: Path, text: str) -> None:
    while text not in path.read_text("utf-8"):
        os.sched_yield()
