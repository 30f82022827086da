"""What a transform is lent by a running runtime."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orgloop.plugin import PluginContext
from orgloop.testing.lending import lend


@pytest.fixture
def context(tmp_path: Path) -> PluginContext:
    return lend(tmp_path, environ=dict(os.environ) | {"ORGLOOP_HOME": "/nowhere"})
