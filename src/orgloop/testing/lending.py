"""Lend a plugin under test what a runtime lends it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from attrs import evolve
from twisted.internet.threads import deferToThread
from zope.interface import implementer

from orgloop.errors import RequestFailed
from orgloop.interfaces import IHTTPClient
from orgloop.plugin import PluginContext
from orgloop.reports import HTTPResponse

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
        http=_NoHTTP(),
        environ={"PATH": os.defpath},
        run_in_thread=deferToThread,
    )
    return evolve(context, **changes)


@implementer(IHTTPClient)
class _NoHTTP:
    """Refuse every request: a test that makes one lends a client of its own."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_seconds: float = 30.0,
        allow_private: bool = True,
        max_body_bytes: int = 10_000_000,
    ) -> HTTPResponse:
        raise RequestFailed(f"nothing was sent to {url}: this test lends no HTTP client")

    async def close(self) -> None:
        """Nothing is open."""
