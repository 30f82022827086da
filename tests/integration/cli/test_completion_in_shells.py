"""The completion scripts in the shells that they are for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BASH = """\
eval "$(orgloop completion bash -q)"
COMP_WORDS=(orgloop inspect route re) COMP_CWORD=3
_orgloop_completion orgloop
echo "${COMPREPLY[@]}"
"""
FISH = """\
orgloop completion fish -q | source
complete -C "orgloop inspect route re"
"""
ZSH = """\
autoload -Uz compinit && compinit -u
eval "$(orgloop completion zsh -q)"
compadd() { shift 4; print -l -- "${(P)1[@]}" }
words=(orgloop inspect route re) CURRENT=4
_orgloop_completion
"""


@pytest.mark.parametrize(
    ("shell", "script"), [("bash", BASH), ("fish", FISH), ("zsh", ZSH)], ids=["bash", "fish", "zsh"]
)
def test_a_shell_completes_names_of_the_project(shell: str, script: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "orgloop.yaml").write_text("routes: [{name: reviews}, {name: other}]", "utf-8")

    done = subprocess.run(
        [program, "-c", script],
        cwd=tmp_path,
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "ORGLOOP_HOME": str(tmp_path / "home"),
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.stdout.split() == ["reviews"], done.stderr
