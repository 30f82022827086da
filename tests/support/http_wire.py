"""A connection to the HTTP server without a socket, and a client's view of what comes back."""

from __future__ import annotations

import http.client
import io
import json
import os
from pathlib import Path
from typing import Any

from attrs import frozen
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from orgloop.config.model import HTTPSettings
from orgloop.http.credentials import Credentials
from orgloop.http.page import Page
from orgloop.http.site import Site, build_site
from support.http_fakes import TOKEN, FakeRuntime

EMPTY = Path(os.devnull)
"""A directory without a dashboard in it."""
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@frozen
class Reply:
    """One answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The error's code."""
        code: str = self.json["error"]["code"]
        return code


class Transport(StringTransport):
    """What a channel writes to, and what it does to the connection."""

    half_closed = False
    aborted = False
    unread = b""
    """What the kernel would hold that was not read yet."""

    def loseWriteConnection(self) -> None:
        self.half_closed = True

    def abortConnection(self) -> None:
        self.aborted = True

    def getHandle(self) -> Transport:
        """Return what stands for the socket."""
        return self

    def recv(self, size: int, flags: int) -> bytes:
        """Peek, as a socket does that does not block."""
        if not self.unread:
            raise BlockingIOError
        return self.unread[:size]

    @property
    def open(self) -> bool:
        return not (self.half_closed or self.aborted or self.disconnecting)


class Wire:
    """One connection."""

    def __init__(self, site: Site, peer: str = "127.0.0.1") -> None:
        self.transport = Transport(peerAddress=IPv4Address("TCP", peer, 40000))
        self.channel: Any = site.buildProtocol(None)
        self.channel.makeConnection(self.transport)

    def send(self, data: bytes) -> None:
        self.channel.dataReceived(data)

    def lose(self) -> None:
        from twisted.internet.error import ConnectionDone
        from twisted.python.failure import Failure

        self.channel.connectionLost(Failure(ConnectionDone()))

    def replies(self, method: str = "GET") -> list[Reply]:
        """Return the answers since the last call."""
        data = self.transport.value()
        self.transport.clear()
        found = []
        stream = io.BytesIO(data)
        while stream.tell() < len(data):
            answer = http.client.HTTPResponse(_Socket(stream), method=method)
            answer.begin()
            found.append(Reply(answer.status, answer.headers, answer.read()))
        return found

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        host: str = "127.0.0.1:4800",
    ) -> Reply:
        """Send one request and return its answer."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b""))
        replies = self.replies(method)
        assert len(replies) == 1, replies
        return replies[0]


class _Socket:
    """What `http.client` reads an answer from: several answers share one stream."""

    def __init__(self, stream: io.BytesIO) -> None:
        self._stream = stream

    def makefile(self, mode: str) -> Any:
        return _Unclosed(self._stream)


class _Unclosed(io.BufferedReader):
    def __init__(self, stream: io.BytesIO) -> None:
        self._shared = stream

    def readline(self, size: int | None = -1) -> bytes:
        return self._shared.readline(-1 if size is None else size)

    def read(self, size: int | None = -1) -> bytes:
        return self._shared.read(-1 if size is None else size)

    def flush(self) -> None: ...
    def close(self) -> None: ...


class Server:
    """A site on a fake runtime and a clock that stands still."""

    def __init__(
        self,
        *,
        webhooks_only: bool = False,
        clock: Clock | None = None,
        page: Page | None = None,
        **settings: Any,
    ) -> None:
        self.runtime = FakeRuntime()
        self.clock = clock or Clock()
        self.site = build_site(
            self.runtime,
            HTTPSettings(**settings),
            Credentials(TOKEN, self.clock),
            clock=self.clock,
            webhooks_only=webhooks_only,
            page=page or Page(EMPTY),
        )

    def connect(self, peer: str = "127.0.0.1") -> Wire:
        return Wire(self.site, peer)

    def ask(self, method: str, path: str, *arguments: Any, **more: Any) -> Reply:
        """Ask over a connection of its own."""
        wire = self.connect()
        try:
            return wire.ask(method, path, *arguments, **more)
        finally:
            wire.lose()

    def get(self, path: str, **more: Any) -> Reply:
        """Ask with the control token."""
        return self.ask("GET", path, headers=BEARER, **more)
