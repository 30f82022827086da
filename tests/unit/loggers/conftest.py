"""What a logger is lent where there is no reactor; threads are calls."""

from __future__ import annotations

from pathlib import Path

import pytest
from twisted.internet.defer import maybeDeferred
from twisted.internet.task import Clock

from orgloop.plugin import PluginContext
from orgloop.testing.lending import lend


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def context(tmp_path: Path, clock: Clock) -> PluginContext:
    return lend(tmp_path, clock=clock, run_in_thread=maybeDeferred)
