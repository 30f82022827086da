"""Errors that nobody catches: ours end the process in good order, a plugin's end nothing."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from support.oddities import with_odd_source
from support.process import RuntimeProcess
from support.waiting import until

ODD = """\
self.clock.callLater(0, boom)
self.clock.callLater(0, boom, SystemExit)
self.clock.callLater(0, boom, KeyboardInterrupt)
self.clock.callLater(0, boom, MemoryError)
self.clock.callLater(0, endless)
threading.Thread(target=boom).start()
fail(LookupError("never raised"))
Deferred().addCallback(lambda _: boom(OSError)).callback(None)
lost = Deferred()
lost.itself = lost
lost.addCallback(lambda _: boom(ArithmeticError)).callback(None)
"""
ENDLESS = "def endless():\n    return endless()\n"
LOGGER = "loggers:\n  - {name: books, type: file, config: {path: ./books.log}}\n"


def records(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def critical(home: Path) -> str:
    found = records(home / "logs" / "orgloop.log")
    return "\n".join(one.get("traceback", "") for one in found if one["level"] == "critical")


def test_what_escapes_from_a_plugin_is_logged_as_its_own_and_ends_nothing(
    runtime: RuntimeProcess, project: Path, home: Path
) -> None:
    with_odd_source(project, start=ODD, beyond=ENDLESS)
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(LOGGER)
    runtime.start()
    kinds = ["ValueError", "SystemExit", "KeyboardInterrupt", "MemoryError", "RecursionError"]
    until(lambda: all(kind in critical(home) for kind in kinds), "the errors")

    answers = runtime.get("/control/status")["pid"] == runtime.pid
    status = runtime.kill(signal.SIGTERM)

    assert answers
    assert status == 0
    for kind in (*kinds, "LookupError", "OSError", "ArithmeticError"):
        assert kind in critical(home)
    told = [one for one in records(project / "books.log") if one["phase"] == "runtime.error"]
    assert {one["error"] for one in told} >= {f"{kind} in source odd" for kind in kinds}
    blamed = [one["message"] for one in records(home / "logs" / "orgloop.log")]
    assert any("ValueError above is that of source odd" in message for message in blamed)


@pytest.mark.parametrize(
    "start",
    [
        "threading.Thread(target=Duration.parse, args=[None]).start()",
        "Deferred().addCallback(Duration.parse).callback(None)",
    ],
    ids=["a thread", "a Deferred"],
)
def test_what_escapes_from_our_own_code_ends_it_in_good_order(
    runtime: RuntimeProcess, project: Path, home: Path, start: str
) -> None:
    with_odd_source(project, start=start)
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(LOGGER)

    status = runtime.begin().wait()

    assert status == 1
    assert "durations.py" in critical(home)
    steps = [one["message"][:2] for one in records(home / "logs" / "orgloop.log")]
    assert [step for step in steps if step[0].isdigit()] == ["1 ", "2 ", "3 ", "4 ", "5 ", "6 "]
    assert not {path.name for path in home.iterdir()} & {"orgloop.pid", "runtime.port"}
    told = {one["phase"]: one for one in records(project / "books.log")}
    assert told["system.error"]["error"] == "an error escaped: TypeError"
    assert "an error escaped" in told["system.stop"]["result"]


def test_what_is_found_only_at_the_end_is_told_by_the_exit_code(
    runtime: RuntimeProcess, project: Path, home: Path
) -> None:
    lost = "lost = Deferred()\nlost.itself = lost\nlost.addCallback(Duration.parse).callback(None)"
    with_odd_source(project, stop=f"import gc\ngc.disable()\n{lost}")

    status = runtime.start().kill(signal.SIGTERM)

    assert status == 1
    assert "durations.py" in critical(home)


def test_a_start_and_a_stop_are_told_to_the_loggers(runtime: RuntimeProcess, project: Path) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(LOGGER)

    runtime.start().kill(signal.SIGTERM)

    told = {one["phase"]: one for one in records(project / "books.log")}
    assert {"system.start", "runtime.start", "runtime.stop", "system.stop"} <= set(told)
    assert told["system.stop"]["result"] == "SIGTERM"


def test_a_crash_in_c_code_leaves_its_stacks(runtime: RuntimeProcess, project: Path) -> None:
    with_odd_source(project, start="import ctypes\nself.clock.callLater(0.01, ctypes.string_at, 0)")
    runtime.begin()
    assert runtime.process is not None
    assert runtime.process.stderr is not None

    said = runtime.process.stderr.read()

    assert runtime.wait() == -signal.SIGSEGV
    assert "Segmentation fault" in said
    assert "runUntilCurrent" in said
