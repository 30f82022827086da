"""Sockets that another process has opened, and that go on listening."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as the_reactor
from twisted.internet.threads import deferToThread

from orgloop.config.model import HTTPSettings, WebhookListener
from orgloop.daemon.listening import Listeners
from orgloop.errors import OrgLoopError
from orgloop.http.listen import InheritedListener, is_at
from support.http_fakes import TOKEN, Door, FakeRuntime

reactor: Any = the_reactor


def opened(host: str = "127.0.0.1") -> socket.socket:
    return socket.create_server((host, 0), family=socket.AF_INET)


def copy_of(listening: socket.socket, *, is_final: bool = False) -> InheritedListener:
    return InheritedListener(os.dup(listening.fileno()), is_final=is_final)


@asynccontextmanager
async def listening(
    settings: HTTPSettings, inherited: Mapping[str, InheritedListener]
) -> AsyncIterator[tuple[Listeners, int]]:
    """Serve a fake runtime; the block gets the listeners and the port."""
    listeners = Listeners(reactor, FakeRuntime(doors=[Door()]), settings, TOKEN)
    try:
        yield listeners, listeners.open(inherited)
    finally:
        await listeners.close()


def answer(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(b"GET /health/live HTTP/1.0\r\n\r\n")
        return b"".join(iter(lambda: client.recv(65536), b""))


@pytest_twisted.ensureDeferred
async def test_connections_wait_at_it_and_are_answered() -> None:
    with opened() as mine:
        port = mine.getsockname()[1]
        asked = deferToThread(answer, port)
        settings = HTTPSettings(port=port)
        async with listening(settings, {"http": copy_of(mine)}) as (listeners, found):
            listeners.admit()
            answered = await asked

    assert found == port
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert listeners.opened_here == {}


@pytest_twisted.ensureDeferred
async def test_it_goes_on_listening_when_this_process_has_closed_it() -> None:
    settings = HTTPSettings(port=0)
    async with listening(settings, {}) as (listeners, port):
        with socket.socket(fileno=os.dup(listeners.opened_here["http"])) as kept:
            await listeners.close()
            with socket.create_connection(("127.0.0.1", port), timeout=20):
                accepted, _ = kept.accept()
                accepted.close()


@pytest_twisted.ensureDeferred
async def test_one_at_another_port_is_closed_for_one_where_it_should_be() -> None:
    with opened() as free:
        wanted = free.getsockname()[1]
    with opened() as mine:
        handed = copy_of(mine)
        async with listening(HTTPSettings(port=wanted), {"http": handed}) as (listeners, port):
            assert port == wanted
            assert list(listeners.opened_here) == ["http"]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handed.descriptor)


@pytest_twisted.ensureDeferred
async def test_one_that_a_service_manager_opened_counts_wherever_it_is() -> None:
    with opened() as mine:
        final = copy_of(mine, is_final=True)
        async with listening(HTTPSettings(port=1), {"http": final}) as (_, port):
            assert port == mine.getsockname()[1]


@pytest_twisted.ensureDeferred
async def test_both_listeners_can_be_inherited() -> None:
    with opened() as one, opened() as other:
        settings = HTTPSettings(port=0, webhooks=WebhookListener(port=0))
        inherited = {"webhooks": copy_of(other), "http": copy_of(one)}
        async with listening(settings, inherited) as (listeners, port):
            ports = {
                name: socket.socket(fileno=os.dup(descriptor))
                for name, descriptor in listeners.descriptors.items()
            }
            found = {name: opened.getsockname()[1] for name, opened in ports.items()}
            for each in ports.values():
                each.close()

        assert port == one.getsockname()[1]
        assert found == {"http": port, "webhooks": other.getsockname()[1]}
        assert listeners.opened_here == {}


@pytest_twisted.ensureDeferred
async def test_one_that_nobody_asked_for_is_closed() -> None:
    with opened() as mine:
        unused = copy_of(mine)
        async with listening(HTTPSettings(port=0), {"webhooks": unused}) as (listeners, _):
            assert list(listeners.descriptors) == ["http"]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(unused.descriptor)


@pytest.mark.parametrize(
    ("host", "offset", "fits"),
    [
        ("127.0.0.1", 0, True),
        ("127.0.0.1", None, True),
        ("localhost", 0, True),
        ("127.0.0.1", 1, False),
        ("0.0.0.0", 0, False),
        ("::1", 0, False),
        ("no-such-host.invalid", 0, False),
    ],
)
def test_an_address_is_the_same_or_it_is_not(host: str, offset: int | None, fits: bool) -> None:
    with opened() as mine:
        port = 0 if offset is None else mine.getsockname()[1] + offset

        assert is_at(InheritedListener(mine.fileno()), host, port) is fits


def test_what_does_not_listen_is_refused() -> None:
    listeners = Listeners(reactor, FakeRuntime(), HTTPSettings(port=0), TOKEN)
    with socket.socket() as silent:
        handed = InheritedListener(os.dup(silent.fileno()), is_final=True)

        with pytest.raises(OrgLoopError, match="does not listen"):
            listeners.open({"http": handed})
