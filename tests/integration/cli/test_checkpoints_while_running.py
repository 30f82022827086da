"""A checkpoint is set from a shell while its source is being polled."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.process import RuntimeProcess

Run = Callable[..., subprocess.CompletedProcess[str]]
FEED = '''\
"""A source that notes what it is asked, and answers once a file says what its next position is."""

from pathlib import Path

from attrs import frozen
from twisted.internet.task import deferLater
from zope.interface import implementer

from orgloop.sdk import IPollingSource, PollResult, Registration, option

HERE = Path(__file__).parent


@frozen(kw_only=True)
class Nothing:
    pass


@implementer(IPollingSource)
class Feed:
    def __init__(self, config, context):
        self.clock = context.clock

    async def start(self): ...
    async def stop(self): ...

    async def poll(self, checkpoint):
        with (HERE / "asked").open("a") as file:
            file.write(f"{checkpoint}\\n")
        while not (HERE / "answer").exists():
            await deferLater(self.clock, 0.01)
        return PollResult([], (HERE / "answer").read_text())


registration = Registration(id="feed", source=Feed, config=Nothing)
'''


@pytest.fixture
def running(project: Path, runtime: RuntimeProcess) -> Iterator[RuntimeProcess]:
    (project / "feed.py").write_text(FEED, "utf-8")
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write("sources: [{id: feed, connector: ./feed.py, poll: {interval: 1h}}]\n")
    return runtime.start()


def asked(project: Path, count: int) -> list[str]:
    """Return what the source was asked, once it was asked so often."""
    while not (project / "asked").exists():
        pass
    while len(lines := (project / "asked").read_text().splitlines()) < count:
        pass
    return lines


def poll(running: RuntimeProcess) -> Any:
    status, body = running.request("POST", "/api/sources/feed/poll")
    assert status == 200, body
    return json.loads(body)


def test_what_is_set_in_the_middle_of_a_poll_stays(
    running: RuntimeProcess, orgloop: Run, project: Path, home: Path
) -> None:
    assert asked(project, 1) == ["None"]

    done = orgloop("checkpoint", "set", "feed", "50")
    (project / "answer").write_text("after the first poll")
    assert poll(running)["ok"] is True
    (project / "answer").write_text("51")
    poll(running)

    assert done.stdout == "feed goes on from 50\n"
    assert asked(project, 2)[1] == "50"
    file = home / "data" / "checkpoints" / "house" / "feed.json"
    assert json.loads(file.read_text())["checkpoint"] == "51"
    assert orgloop("checkpoint", "show", "feed").stdout.strip() == "51"


def test_a_reset_lets_the_next_poll_start_over(
    running: RuntimeProcess, orgloop: Run, project: Path
) -> None:
    (project / "answer").write_text("7")
    asked(project, 1)
    poll(running)
    [row] = json.loads(orgloop("checkpoint", "list", "--json").stdout)
    assert row["checkpoint"] == "7"

    reset = json.loads(orgloop("checkpoint", "reset", "feed", "--json").stdout)
    assert reset == {"source": "feed", "existed": True}
    assert orgloop("checkpoint", "show", "feed").returncode == 1
    count = len(asked(project, 1))
    poll(running)

    assert asked(project, count + 1)[-1] == "None"
    unknown = orgloop("checkpoint", "set", "none", "7")
    assert unknown.returncode == 1
    assert "there is no source" in unknown.stderr
