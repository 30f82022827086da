"""A check connects to where a component will, hangs up, and says how that went."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, succeed

from orgloop.plugin import Finding
from orgloop.sdk import reach
from orgloop.testing.lending import lend


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def found(host: str, port: int, **more: Any) -> Finding:
    context = lend(Path("/"), run_in_thread=lambda work, *given: succeed(work(*given)))
    outcome: list[Finding] = []
    checked = Deferred.fromCoroutine(reach(context, host, port, fix="start it", **more))
    checked.addCallback(outcome.append)
    return outcome[0]


def test_what_listens_can_be_reached(listening: int) -> None:
    finding = found("localhost", listening)

    assert (finding.status, finding.message) == ("ok", "it can be reached")
    assert finding.name == f"localhost:{listening}"


def test_where_nothing_listens_it_says_why_and_what_may_help() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        finding = found("127.0.0.1", nobody.getsockname()[1])

    assert (finding.status, finding.fix) == ("degraded", "start it")
    assert finding.message == "it cannot be reached: Connection refused"


def test_a_private_address_is_not_even_tried_where_that_is_forbidden(listening: int) -> None:
    finding = found("127.0.0.1", listening, allow_private=False)

    assert finding.message == "it leads to a private address, which is not allowed"


def test_a_name_that_is_none_is_told(listening: int) -> None:
    assert "cannot be resolved" in found("a..b", listening).message
    assert found("::1:2:3:4:5:6:7:8:9", listening).name.startswith("[")
