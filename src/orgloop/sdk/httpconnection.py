"""One HTTP/1.1 connection to a server: a request goes out, its whole answer comes back."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, cast

import httptools
from attrs import define, field
from twisted.internet.address import UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from orgloop.errors import RequestFailed
from orgloop.reports import HTTPResponse

_MAX_HEAD_BYTES = 65_536
# Chunks of a single byte: "1", two line ends, the byte.
_MAX_FRAMING = 6
# A request up to this size goes out in one piece; a larger body is not copied.
_ONE_PIECE_BYTES = 65_536


class _Unwanted(Exception):
    """Raised in a callback of the parser to end the parsing."""


@define(eq=False)
class _Answer:
    """An answer as it comes in."""

    done: Deferred[HTTPResponse]
    is_head: bool
    max_body: int
    headers: list[tuple[bytes, bytes]] = field(factory=list)
    raw_size: int = 0
    body: list[bytes] = field(factory=list)
    body_size: int = 0
    status: int = 0
    is_complete: bool = False

    def is_endless(self) -> bool:
        """Whether more came than any head and any sensible framing of a body can account for.

        The parser collects a header until its end, so what has no end must be noticed outside.
        """
        allowed = _MAX_FRAMING * (self.max_body if self.status else 0) + _MAX_HEAD_BYTES
        return self.raw_size > allowed

    def response(self) -> HTTPResponse:
        headers: dict[str, str] = {}
        for raw_name, raw_value in self.headers:
            name, value = raw_name.lower().decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return HTTPResponse(self.status, headers, b"".join(self.body))


@implementer(IHandshakeListener)
@define(eq=False)
class Connection(Protocol):
    """A connection that carries one request at a time.

    The parser's callbacks only collect; an answer is given out after the parser is done with the
    bytes at hand, so that a byte too many can never be taken for the answer to the next request.
    """

    is_tls: bool
    _lost: Callable[[Connection], None]
    """Called once, when the connection is gone."""
    ready: Deferred[None] = field(factory=Deferred)
    """Fires when a request can be sent: connected, and over TLS the server has proven its name."""
    is_reusable: bool = field(default=False, init=False)
    """Whether another request may follow the answer that came last."""
    idle_until: float = field(default=0.0, init=False)
    """Kept by the pool."""
    _answer: _Answer | None = field(default=None, init=False)
    _trouble: str = field(default="", init=False)
    _parser: Any = field(init=False)
    _handle: socket.socket | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)

    # --- for the pool

    def send(
        self, head: bytes, body: bytes, is_head: bool, max_body: int
    ) -> Deferred[HTTPResponse]:
        """Send a request; fire with its answer, or fail with `RequestFailed`.

        Cancelling closes the connection.
        """
        done: Deferred[HTTPResponse] = Deferred(lambda _: self.abort())
        self._answer = _Answer(done, is_head, max_body)
        self.is_reusable = False
        transport = cast(Any, self.transport)
        if len(body) <= _ONE_PIECE_BYTES:
            transport.write(head + body)
        else:
            transport.writeSequence((head, body))
        return done

    def is_alive(self) -> bool:
        """Whether the server has kept an idle connection open, as far as the kernel knows.

        What the server closed may not have been reported to us yet; a request must not go there.
        """
        if self._trouble or self._handle is None:
            return False
        try:
            self._handle.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def abort(self, reason: str = "the request was given up") -> None:
        """Close at once; a request under way fails for ``reason``."""
        self._trouble = self._trouble or reason
        if self.transport is not None:
            cast(Any, self.transport).abortConnection()

    # --- Protocol

    def connectionMade(self) -> None:
        transport = cast(Any, self.transport)
        if not isinstance(transport.getPeer(), UNIXAddress):
            transport.setTcpNoDelay(True)
        if not self.is_tls:
            self._handle = transport.getHandle()
            self.ready.callback(None)

    def handshakeCompleted(self) -> None:
        """See `IHandshakeListener`."""
        self._handle = cast(Any, self.transport).transport.getHandle()
        self.ready.callback(None)

    def dataReceived(self, data: bytes) -> None:
        if self._answer is None:
            self.abort()  # nothing was asked
            return
        answer = self._answer
        answer.raw_size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.is_reusable = False
        except httptools.HttpParserError as error:
            self.is_reusable = False
            if not answer.is_complete:
                self.abort(f"its answer is not HTTP ({error.__context__ or error})")
        if answer.is_complete:
            self._give_out(answer)
        elif answer.is_endless():
            self.abort("the head of its answer, or what frames the body, is too large")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        answer, self._answer = self._answer, None
        if not self.ready.called:
            message = _tls_trouble(reason) if self.is_tls else "the connection was lost"
            self.ready.errback(Failure(RequestFailed(message, maybe_sent=False)))
        elif answer is not None and not answer.done.called:
            self._end_with_connection(answer, reason)
        self._lost(self)

    # --- the parser's callbacks

    def on_message_begin(self) -> None:
        if cast(_Answer, self._answer).is_complete:
            raise _Unwanted("it sent more than one answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        cast(_Answer, self._answer).headers.append((name, value))

    def on_headers_complete(self) -> None:
        answer = cast(_Answer, self._answer)
        answer.status = self._parser.get_status_code()
        self.is_reusable = self._parser.should_keep_alive()
        if answer.is_head:
            # The parser does not know what was asked and would wait for a body.
            answer.is_complete, self.is_reusable = True, False

    def on_body(self, data: bytes) -> None:
        answer = cast(_Answer, self._answer)
        answer.body_size += len(data)
        if answer.body_size > answer.max_body:
            raise _Unwanted(f"its answer is larger than {answer.max_body} bytes")
        answer.body.append(data)

    def on_message_complete(self) -> None:
        answer = cast(_Answer, self._answer)
        if 100 <= answer.status < 200 and answer.status != 101:
            answer.headers, answer.status = [], 0  # only an interim one: the answer follows
        else:
            answer.is_complete = True

    # ---

    def _give_out(self, answer: _Answer) -> None:
        self._answer = None
        if not self.is_reusable:
            cast(Any, self.transport).loseConnection()
        answer.done.callback(answer.response())

    def _end_with_connection(self, answer: _Answer, reason: Failure) -> None:
        """Settle the request under way now that nothing more will come."""
        headers = {name.lower() for name, _ in answer.headers}
        ends_here = answer.status and not headers & {b"content-length", b"transfer-encoding"}
        if ends_here and reason.check(ConnectionDone) and not self._trouble:
            answer.done.callback(answer.response())
            return
        trouble = self._trouble or "the connection was lost before the answer was complete"
        status = answer.status if answer.body_size > answer.max_body else None
        answer.done.errback(Failure(RequestFailed(trouble, status=status)))


def _tls_trouble(reason: Failure) -> str:
    """Say in a person's words why TLS did not come about."""
    error = reason.value
    details = error.args[0] if error is not None and error.args else None
    if getattr(error, "errors", None):  # of service_identity: the name is not that of the server
        cause = "the certificate is not for this host"
    elif isinstance(details, list) and details and isinstance(details[-1], tuple):
        cause = str(details[-1][-1])  # of OpenSSL: [(library, function, reason), …]
    else:
        cause = reason.getErrorMessage()
    return f"TLS could not be set up: {cause}"
