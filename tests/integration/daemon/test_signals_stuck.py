"""A stop that is blocked ends all the same, with everything kept and nothing left behind."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from support.oddities import with_odd_source
from support.process import RuntimeProcess
from support.waiting import until

SIGNS = {"orgloop.pid", "runtime.port", "heartbeat", "handover.sock"}


def messages(home: Path) -> list[str]:
    text = (home / "logs" / "orgloop.log").read_text("utf-8")
    return [json.loads(line)["message"] for line in text.splitlines()]


def test_a_plugin_that_blocks_the_thread_is_not_waited_for_after_a_second_signal(
    runtime: RuntimeProcess, project: Path, home: Path
) -> None:
    with_odd_source(project, stop="touch('stopping')\ntime.sleep(3600)")
    runtime.start()
    runtime.send(signal.SIGTERM)
    until((project / "stopping").exists, "the plugin")

    status = runtime.kill(signal.SIGTERM)

    assert status == 1
    assert not {path.name for path in home.iterdir()} & SIGNS
    (said,) = [one for one in messages(home) if "does not end by itself" in one]
    assert "odd.py" in said


@pytest.mark.parametrize(
    "start",
    [
        "threading.Thread(target=time.sleep, args=[3600]).start()",
        "from twisted.internet import reactor\nreactor.callInThread(time.sleep, 3600)",
    ],
    ids=["a thread of its own", "a thread of the reactor"],
)
def test_a_thread_that_a_plugin_has_begun_does_not_keep_the_process(
    runtime: RuntimeProcess, project: Path, home: Path, start: str
) -> None:
    with_odd_source(project, start=start)
    runtime.start()

    status = runtime.kill(signal.SIGTERM)

    assert status == 0
    assert not {path.name for path in home.iterdir()} & SIGNS
    assert any(one.startswith("5 listener: done") for one in messages(home))


def test_a_plugin_that_never_ends_is_left_behind(
    runtime: RuntimeProcess, project: Path, home: Path
) -> None:
    never = (
        "while True:\n    try:\n        await Deferred()\n    except BaseException:\n        pass"
    )
    with_odd_source(project, stop=never)
    runtime.start()

    status = runtime.kill(signal.SIGTERM)

    assert status == 0
    assert "source odd does not stop and is left behind" in messages(home)
    assert any(one.startswith("6 exit: done") for one in messages(home))
