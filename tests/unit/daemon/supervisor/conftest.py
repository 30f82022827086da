"""A crew with pretended runtimes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.supervised import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Begins when the test says so."""
    made = World.at(tmp_path)
    yield made
    made.close()
