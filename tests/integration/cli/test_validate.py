"""``validate`` reports everything at once, and starts nothing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_a_valid_project_is_said_to_be(orgloop: Run, home: Path) -> None:
    done = orgloop("validate")

    assert done.returncode == 0
    assert done.stdout == "house is valid\n"
    assert not home.exists()


def test_every_error_is_reported_with_its_place(orgloop: Run, project: Path) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write("sorces: []\nsources: [{id: a, connector: webhoook}]\n")

    done = orgloop("validate")
    listed = json.loads(orgloop("validate", "--json").stdout)

    assert done.returncode == 4
    assert "orgloop.yaml:4:1" in done.stdout
    assert "orgloop.yaml:5:30" in done.stdout
    assert listed["valid"] is False
    assert {problem["line"] for problem in listed["problems"]} == {4, 5}


def test_a_missing_variable_is_an_error_here(orgloop: Run, project: Path) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write('sources: [{id: a, connector: webhook, config: {secret: "${SECRET}"}}]\n')

    assert orgloop("validate").returncode == 4
    assert "SECRET" in orgloop("validate").stdout
    assert orgloop("validate", SECRET="x").returncode == 0


def test_a_project_that_is_not_there_is_exit_code_four(orgloop: Run, tmp_path: Path) -> None:
    done = orgloop("validate", "-c", str(tmp_path / "absent"))

    assert done.returncode == 4
    assert "orgloop init" in done.stdout + done.stderr
