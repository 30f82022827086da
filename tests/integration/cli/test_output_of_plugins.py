"""What a plugin prints does not get into what a command answers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
TALKER = """\
import os

from orgloop.sdk import Registration

print("printed")
os.write(1, b"written\\n")


async def check(config, context):
    print("checked")
    os.system("echo echoed")
    return []


registration = Registration(id="talker", actor=lambda config, context: None, check=check)
"""


@pytest.fixture(autouse=True)
def talker(project: Path) -> None:
    (project / "talker.py").write_text(TALKER, "utf-8")
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write("actors: [{id: agent, connector: ./talker.py}]\n")


@pytest.mark.parametrize(
    "command",
    [
        ["validate"],
        ["env"],
        ["plan"],
        ["doctor"],
        ["inspect", "actor", "agent"],
        ["install-service", "--print"],
    ],
    ids=" ".join,
)
def test_the_answer_is_whole_and_nothing_else(orgloop: Run, command: list[str]) -> None:
    done = orgloop(*command, "--json", ORGLOOP_PORT="0", HOME="/nonexistent")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
    assert "printed\n" in done.stderr
    assert "written\n" in done.stderr


def test_the_same_holds_for_what_is_tried(orgloop: Run) -> None:
    done = orgloop("doctor", "--json", ORGLOOP_PORT="0")

    assert "checked\n" in done.stderr
    assert "echoed\n" in done.stderr
