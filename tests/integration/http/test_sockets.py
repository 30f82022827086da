"""The server on real sockets, with clients that do not behave."""

from __future__ import annotations

import http.client
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as the_reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from orgloop.config.model import HTTPSettings, WebhookListener
from orgloop.daemon.listening import Listeners
from orgloop.errors import OrgLoopError
from orgloop.http.credentials import Credentials
from orgloop.http.listen import listen
from orgloop.http.site import build_site
from support.http_fakes import TOKEN, Door, FakeRuntime

reactor: Any = the_reactor


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    """Serve a fake runtime; the block gets the port."""
    runtime = FakeRuntime(doors=[Door()])
    site = build_site(runtime, HTTPSettings(), Credentials(TOKEN, reactor), clock=reactor)
    port: Any = listen(reactor, site, "127.0.0.1", 0)
    try:
        yield port.getHost().port
    finally:
        await port.stopListening()


def in_thread(work: Callable[..., Any], *arguments: Any) -> Deferred[Any]:
    return deferToThread(work, *arguments)


def exchange(port: int, data: bytes) -> bytes:
    """Send bytes and return all that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(65536), b""))


def post(port: int, path: str, body: Any, **headers: str) -> tuple[int, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    client.request("POST", path, body, headers)
    answer = client.getresponse()
    found = answer.status, answer.read()
    client.close()
    return found


@pytest_twisted.ensureDeferred
async def test_a_taken_port_names_who_has_it() -> None:
    async with served() as port:
        with pytest.raises(OrgLoopError, match=f"in use by process {os.getpid()} ") as caught:
            listen(reactor, build_site_for_nothing(), "127.0.0.1", port)

    assert "ORGLOOP_PORT" in str(caught.value)


@pytest_twisted.ensureDeferred
async def test_a_taken_port_for_webhooks_says_where_that_one_is_chosen() -> None:
    async with served() as port:
        taken = HTTPSettings(port=0, webhooks=WebhookListener(port=port))
        listeners = Listeners(reactor, FakeRuntime(), taken, TOKEN)
        with pytest.raises(OrgLoopError, match=r"another port with http\.webhooks\.port"):
            listeners.open()
        await listeners.close()


def test_an_address_that_is_not_ours_is_refused_with_a_reason() -> None:
    with pytest.raises(OrgLoopError, match=r"cannot listen on 192\.0\.2\.1 port 0"):
        listen(reactor, build_site_for_nothing(), "192.0.2.1", 0)


def build_site_for_nothing() -> Any:
    return build_site(FakeRuntime(), HTTPSettings(), Credentials(TOKEN, reactor), clock=reactor)


@pytest_twisted.ensureDeferred
async def test_webhooks_and_control_share_a_connection() -> None:
    def talk(port: int) -> list[int]:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        found = []
        for method, path in (("POST", "/webhook/hook"), ("GET", "/api/status")) * 3:
            client.request(method, path, b"{}", {"Authorization": f"Bearer {TOKEN}"})
            answer = client.getresponse()
            answer.read()
            found.append(answer.status)
        client.close()
        return found

    async with served() as port:
        assert await in_thread(talk, port) == [200] * 6


@pytest_twisted.ensureDeferred
async def test_a_body_far_too_large_is_refused_and_its_sender_sees_why() -> None:
    body = bytes(30_000_000)
    async with served() as port:
        declared = await in_thread(post, port, "/webhook/hook", body)
        chunks = [body[:100_000]] * 300
        chunked = await in_thread(post, port, "/webhook/hook", iter(chunks))
        unasked = await in_thread(post, port, "/nowhere", body)

    assert (declared[0], chunked[0], unasked[0]) == (413, 413, 401)


@pytest.mark.parametrize(
    "data",
    [
        b"GET // HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /webhook/%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"POST /webhook/hook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000,
        b"POST /webhook/hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n"
        + b"[" * 200_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    ],
)
@pytest_twisted.ensureDeferred
async def test_nonsense_gets_a_4xx_or_an_end_and_others_are_served(data: bytes) -> None:
    async with served() as port:
        answer = await in_thread(exchange, port, data)
        after = await in_thread(post, port, "/webhook/hook", b"{}")

    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert after[0] == 200


@pytest_twisted.ensureDeferred
async def test_clients_that_never_finish_keep_nobody_waiting() -> None:
    async with served() as port:
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
        for client in slow:
            client.sendall(b"POST /webhook/hook HTTP/1.1\r\nHost: localhost\r\nContent-Le")
        answers = [await in_thread(post, port, "/webhook/hook", b"{}") for _ in range(5)]
        for client in slow:
            client.close()

    assert [status for status, _ in answers] == [200] * 5


@pytest_twisted.ensureDeferred
async def test_closing_the_port_closes_what_is_open() -> None:
    async with served() as port:
        idle = socket.create_connection(("127.0.0.1", port))
        await in_thread(post, port, "/webhook/hook", b"{}")

    assert await in_thread(idle.recv, 1) == b""
    idle.close()
