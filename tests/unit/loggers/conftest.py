"""What a logger is lent where there is no reactor; threads are calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from twisted.internet.defer import maybeDeferred
from twisted.internet.task import Clock

from orgloop.plugin import PluginContext


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def context(tmp_path: Path, clock: Clock) -> PluginContext:
    return PluginContext(
        project="p",
        id="log",
        directory=tmp_path,
        project_directory=tmp_path,
        home=tmp_path,
        clock=clock,
        now_ms=lambda: 1_769_847_300_250,
        processes=cast(Any, None),
        http=cast(Any, None),
        environ={},
        run_in_thread=maybeDeferred,
    )
