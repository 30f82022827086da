"""What a transform is lent where there is no reactor."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from twisted.internet.task import Clock

from orgloop.plugin import PluginContext

NOW_MS = 1_769_847_300_250


@pytest.fixture
def context(tmp_path: Path) -> PluginContext:
    return PluginContext(
        project="p",
        id="step",
        directory=tmp_path,
        project_directory=tmp_path,
        home=tmp_path,
        clock=Clock(),
        now_ms=lambda: NOW_MS,
        processes=cast(Any, None),
        http=cast(Any, None),
        environ={},
        run_in_thread=cast(Any, None),
    )
