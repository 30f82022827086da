"""``orgloop init`` asks on a terminal for what it is not told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml


@pytest.mark.parametrize(
    ("answers", "connectors"),
    [
        (b"github-to-slack\nshop\n", ["connectors/github.yaml", "connectors/slack.yaml"]),
        (b"none\nlinear,smtp\nshop\n", ["connectors/linear.yaml", "connectors/smtp.yaml"]),
    ],
    ids=["a template", "connectors"],
)
def test_it_asks_what_to_begin_with_and_for_the_name(
    answers: bytes, connectors: list[str], tmp_path: Path
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    ours, theirs = os.openpty()
    try:
        os.write(ours, answers)
        done = subprocess.run(
            [sys.executable, "-m", "orgloop", "init"],
            cwd=here,
            env={**os.environ, "HOME": str(tmp_path), "ORGLOOP_HOME": str(tmp_path / "home")},
            stdin=theirs,
            stderr=theirs,
            stdout=subprocess.PIPE,
            check=True,
        )
    finally:
        os.close(theirs)
        os.close(ours)

    project = yaml.safe_load((here / "orgloop.yaml").read_text("utf-8"))
    assert project["metadata"]["name"] == "shop"
    assert project["connectors"] == connectors
    assert b"shop is in " in done.stdout
