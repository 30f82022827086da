"""Tab in the shells that the completion scripts are for: real ones, on a terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.screen import Screen

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: house}
sources: [{id: desk, connector: webhook}, {id: door, connector: webhook}]
actors: [{id: agent, connector: command, config: {command: [cat]}}]
routes:
  - {name: reviews, when: {source: desk}, then: {actor: agent}}
  - {name: other, when: {source: door}, then: {actor: agent}}
"""
SHELLS = {
    "bash": ("--norc", "-i"),
    "zsh": ("-f", "-i"),
    "fish": ("--no-config", "-i"),
}
LOADING = {
    "bash": 'PS1="$ "; eval "$(orgloop completion bash -q)"; echo rea""dy\n',
    "zsh": 'PS1="$ "; autoload -Uz compinit && compinit -u; '
    'eval "$(orgloop completion zsh -q)"; echo rea""dy\n',
    "fish": 'orgloop completion fish -q | source; echo rea""dy\n',
}
# What is typed before the Tab, and what stands there after it.
TYPED = {
    "orgloop inspect route re": "orgloop inspect route reviews",
    "orgloop events --source=desk,do": "orgloop events --source=desk,door",
    "orgloop test --generate desk:ta": "orgloop test --generate desk:task.created",
    "orgloop validate -c ho": "orgloop validate -c house/",
    "orgloop test --suite=ho": "orgloop test --suite=house/",
}


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Screen]:
    program = shutil.which(request.param)
    if program is None:
        reason = f"{request.param} is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    (tmp_path / "house").mkdir()
    (tmp_path / "orgloop.yaml").write_text(PROJECT, "utf-8")
    opened = Screen(
        *SHELLS[request.param],
        program=(program,),
        environ={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "ORGLOOP_HOME": str(tmp_path / "home"),
        },
        cwd=tmp_path,
        columns=160,
    )
    opened.type(LOADING[request.param])
    opened.until_shown("\nready")
    yield opened
    opened.kill()


def test_a_tab_completes_what_was_begun(shell: Screen) -> None:
    for typed, completed in TYPED.items():
        shell.type(f"{typed}\t")
        shell.until_shown(completed)
        shell.type("\x15")  # Ctrl+U: the line is empty again

    assert "Traceback" not in shell.text
