"""Packages of the npm registry that tests read: fetched once for a run, and not kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

_PATIENCE_SECONDS = 60


def unpacked(package: str, directory: Path) -> Path:
    """Return where the files of ``package`` are; skip the test, not in CI, where npm cannot."""
    with tarfile.open(_fetched(package, directory)) as opened:
        opened.extractall(directory, filter="data")
    return directory / "package"


def file_of(package: str, name: str, directory: Path) -> bytes:
    """Return one file of a package that is too large to be unpacked; see `unpacked`."""
    with tarfile.open(_fetched(package, directory), "r|gz") as opened:
        for member in opened:
            content = opened.extractfile(member) if member.name == f"package/{name}" else None
            if content is not None:
                return content.read()
    raise FileNotFoundError(f"{package} holds no {name}")


def _fetched(package: str, directory: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        _go_without(f"npm is not installed, so {package} cannot be fetched")
    directory.mkdir(parents=True, exist_ok=True)
    command = [str(npm), "pack", "--silent", "--pack-destination", str(directory), package]
    try:
        outcome = subprocess.run(
            command,
            cwd=directory,
            capture_output=True,
            encoding="utf-8",
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        _go_without(f"npm has not fetched {package} in {_PATIENCE_SECONDS} s")
    if outcome.returncode:
        _go_without(f"npm cannot fetch {package}: {outcome.stderr.strip()[-200:]}")
    [archive] = directory.glob("*.tgz")
    return archive


def _go_without(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
