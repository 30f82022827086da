"""Stand-ins of services, and templates that are run against them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from orgloop.testing.openclaw import OpenClawStandIn
from orgloop.testing.slack import SlackStandIn
from support.templates import TemplateRun


@pytest.fixture
def listening() -> Iterator[Callable[[Any], Any]]:
    """Have a stand-in listen until the test is over."""
    servers: list[Any] = []

    def listen(server: Any) -> Any:
        server.start(reactor)
        servers.append(server)
        return server

    yield listen
    for server in servers:
        pytest_twisted.blockon(Deferred.fromCoroutine(server.stop()))


@pytest.fixture
def gateway(listening: Callable[[Any], Any]) -> OpenClawStandIn:
    stand_in: OpenClawStandIn = listening(OpenClawStandIn(token="t0ken"))
    return stand_in


@pytest.fixture
def slack(listening: Callable[[Any], Any]) -> SlackStandIn:
    stand_in: SlackStandIn = listening(SlackStandIn())
    return stand_in


@pytest.fixture
def template(tmp_path: Path, listening: Any) -> Iterator[Callable[..., TemplateRun]]:
    """Copy a template; its runtime is ended with the test, and before the stand-ins."""
    runs: list[TemplateRun] = []

    def prepare(name: str | Path, **environ: str) -> TemplateRun:
        runs.append(TemplateRun(name, tmp_path, **environ))
        return runs[-1]

    yield prepare
    for run in runs:
        pytest_twisted.blockon(Deferred.fromCoroutine(run.stop()))
