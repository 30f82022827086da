"""A project and a home that a test runs in one of the modes; nothing of it outlives the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.lifecycle import Installation, Mode


@pytest.fixture
def installed(tmp_path: Path, mode: Mode) -> Iterator[Installation]:
    """An installation of which nothing runs yet; ``mode`` is the test's own parameter."""
    installation = Installation(tmp_path / "installation", mode)
    yield installation
    installation.clear()
