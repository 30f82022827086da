"""What a transform is lent where there is no reactor."""

from __future__ import annotations

from pathlib import Path

import pytest
from twisted.internet.task import Clock

from orgloop.plugin import PluginContext
from orgloop.testing.lending import lend


@pytest.fixture
def context(tmp_path: Path) -> PluginContext:
    return lend(tmp_path, clock=Clock())
