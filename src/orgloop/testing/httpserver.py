"""An HTTP server on loopback that answers as a test scripts it, well or badly."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, cast

import httptools
import orjson
from attrs import define, field, frozen
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from orgloop.testing.arrivals import Arrivals


@frozen
class ReceivedRequest:
    """One request as it came in."""

    method: str
    path: str
    """With the query, as it was sent."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)
    connection: int = 0
    """Which connection it came on, counted from 1."""

    def json(self) -> Any:
        """Return the body as JSON."""
        return orjson.loads(self.body)


@frozen(kw_only=True)
class Answer:
    """What the server does about one request."""

    status: int = 200
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = b""
    json: Any = None
    """In place of ``body``."""
    after: Deferred[None] | None = None
    """Answer only when this fires: a slow server, under the test's control."""
    raw: bytes | None = None
    """Exactly these bytes in place of an answer: garbage, half an answer."""
    close: bool = False
    """Close the connection after the answer."""
    reset: bool = False
    """Close the connection at once, without an answer."""
    silent: bool = False
    """Do nothing at all."""

    def to_bytes(self) -> bytes:
        if self.raw is not None:
            return self.raw
        body = self.body if self.json is None else orjson.dumps(self.json)
        headers = {"Content-Length": str(len(body)), **self.headers}
        if self.json is not None:
            headers.setdefault("Content-Type", "application/json")
        lines = [f"HTTP/1.1 {self.status} Scripted"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class ScriptedHTTPServer:
    """A real server on ``127.0.0.1`` and a port of its own.

    Each request takes the next of the ``script`` of `Answer`s; when that is used up, ``otherwise``
    answers: an `Answer`, or a function of the request. Everything received is in ``requests``.
    """

    def __init__(
        self, otherwise: Answer | Callable[[ReceivedRequest], Answer] | None = None
    ) -> None:
        self.otherwise = otherwise or Answer(json={"ok": True})
        self.script: deque[Answer] = deque()
        self.requests: list[ReceivedRequest] = []
        self.connections = 0
        self._open: set[_ServerSide] = set()
        self._arrivals = Arrivals()
        self._port: Any = None

    def start(self, reactor: Any, port: int = 0) -> None:
        """Listen; ``port`` is for a server that comes back where it was."""
        factory = _Sides(self)
        self._port = reactor.listenTCP(port, factory, backlog=1000, interface="127.0.0.1")

    def start_on_socket(self, reactor: Any, path: str) -> None:
        """Listen on a UNIX socket in place of a port."""
        self._port = reactor.listenUNIX(path, _Sides(self))

    @property
    def port(self) -> int:
        return int(self._port.getHost().port)

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def answer(self, *answers: Answer) -> None:
        """Add to the script."""
        self.script.extend(answers)

    def received(self, count: int) -> Deferred[None]:
        """Fire when ``count`` requests have come in altogether."""
        return self._arrivals.reached(count)

    def drop_connections(self) -> None:
        """Close every open connection before this returns, as a server does with idle ones."""
        for side in tuple(self._open):
            transport = cast(Any, side.transport)
            transport.getHandle().shutdown(socket.SHUT_WR)
            transport.loseConnection()

    async def stop(self) -> None:
        """Stop listening and close every connection; once more does nothing."""
        for side in tuple(self._open):
            cast(Any, side.transport).abortConnection()
        if self._port is not None:
            await maybeDeferred(self._port.stopListening)

    def take(self, request: ReceivedRequest) -> Answer:
        """Note a request and choose its answer."""
        self.requests.append(request)
        self._arrivals.one_more()
        if self.script:
            return self.script.popleft()
        return self.otherwise if isinstance(self.otherwise, Answer) else self.otherwise(request)


@define(eq=False)
class _ServerSide(Protocol):
    """One connection to the server."""

    _server: ScriptedHTTPServer
    _number: int
    _parser: Any = field(init=False)
    _path: bytes = b""
    _headers: dict[str, str] = field(factory=dict)
    _body: bytearray = field(factory=bytearray)

    def __attrs_post_init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)

    def connectionMade(self) -> None:
        self._server._open.add(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._server._open.discard(self)

    def dataReceived(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._write(Answer(status=400, close=True))

    # --- the parser's callbacks

    def on_message_begin(self) -> None:
        self._path, self._headers, self._body = b"", {}, bytearray()

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        request = ReceivedRequest(
            self._parser.get_method().decode(),
            self._path.decode("latin-1"),
            self._headers,
            bytes(self._body),
            self._number,
        )
        answer = self._server.take(request)
        if answer.after is None:
            self._write(answer)
        else:
            answer.after.addCallback(lambda _: self._write(answer))

    def _write(self, answer: Answer) -> None:
        transport = cast(Any, self.transport)
        if answer.silent:
            return
        if answer.reset:
            transport.abortConnection()
            return
        transport.write(answer.to_bytes())
        if answer.close:
            transport.loseConnection()


@define(eq=False)
class _Sides(Factory):
    _server: ScriptedHTTPServer
    noisy = False

    def buildProtocol(self, addr: Any) -> _ServerSide:
        self._server.connections += 1
        return _ServerSide(self._server, self._server.connections)
