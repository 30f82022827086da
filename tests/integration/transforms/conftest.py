"""What a transform is lent by a running runtime."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import pytest
from twisted.internet.threads import deferToThread

from orgloop.plugin import PluginContext


@pytest.fixture
def context(tmp_path: Path) -> PluginContext:
    from twisted.internet import reactor

    return PluginContext(
        project="p",
        id="step",
        directory=tmp_path,
        project_directory=tmp_path,
        home=tmp_path,
        clock=cast(Any, reactor),
        now_ms=lambda: 1_769_847_300_250,
        processes=cast(Any, reactor),
        http=cast(Any, None),
        environ=dict(os.environ) | {"ORGLOOP_HOME": "/nowhere"},
        run_in_thread=deferToThread,
    )
