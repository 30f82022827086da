"""Lend a plugin under test what a runtime lends it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

from attrs import evolve
from twisted.internet.threads import deferToThread

from orgloop.plugin import PluginContext
from orgloop.testing.fakes import FakeHTTPClient

NOW_MS = 1_769_847_300_250
"""What the lent wall clock always says: 2026-01-31T08:15:00.250Z."""


def lend(directory: Path, **changes: Any) -> PluginContext:
    """Return a context on the real reactor, whose every path is ``directory``.

    ``changes`` replace its fields: a `Clock`, a client for HTTP, another environment.
    """
    from twisted.internet import reactor

    context = PluginContext(
        project="project",
        id="component",
        directory=directory,
        project_directory=directory,
        home=directory,
        clock=cast(Any, reactor),
        now_ms=lambda: NOW_MS,
        processes=cast(Any, reactor),
        http=FakeHTTPClient(),
        environ={"PATH": os.defpath},
        run_in_thread=deferToThread,
    )
    return evolve(context, **changes)
