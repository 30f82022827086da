"""What a project calls its files is its own affair: none stands in for a module that we import."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from orgloop.daemon.launch import module_command


@pytest.mark.parametrize("module", ["orgloop", "orgloop.daemon"])
def test_a_file_in_the_directory_is_not_imported(tmp_path: Path, module: str) -> None:
    for name in ("types", "json", "queue", "twisted", "click", "orgloop"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the file was imported')\n")
    command = [*module_command(module), "--version"]
    subprocess.run(command, cwd=tmp_path, stdout=subprocess.DEVNULL, check=True)
