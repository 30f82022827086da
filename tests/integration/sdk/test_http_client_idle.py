"""Connections that lie idle are closed in time, and the client sets no timer for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_twisted
from attrs import frozen
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock

from orgloop.sdk.http import HTTPClient
from orgloop.testing.httpserver import Answer, ScriptedHTTPServer


@frozen
class RealButForTime:
    """The reactor, with time that a test moves."""

    clock: Clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self.clock if name in ("seconds", "callLater") else reactor, name)


@pytest.fixture
def server() -> Iterator[ScriptedHTTPServer]:
    server = ScriptedHTTPServer()
    server.start(reactor)
    yield server
    pytest_twisted.blockon(Deferred.fromCoroutine(server.stop()))


@pytest_twisted.ensureDeferred
async def test_idle_connections_are_closed_when_their_time_is_over(
    server: ScriptedHTTPServer,
) -> None:
    clock = Clock()
    client = HTTPClient(RealButForTime(clock))

    def asked() -> Deferred[Any]:
        return Deferred.fromCoroutine(client.request("GET", server.url()))

    server.answer(Answer(headers={"Keep-Alive": "timeout=20"}))
    await gatherResults([asked(), asked()])  # the second may be kept for a minute
    clock.pump([15, 15])
    await gatherResults([asked(), asked()])
    assert server.connections == 3

    clock.pump([15] * 5)
    assert clock.getDelayedCalls() == []
    await asked()
    assert server.connections == 4
    assert len(client._open) == 1
    await client.close()
    assert clock.getDelayedCalls() == []
