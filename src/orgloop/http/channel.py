"""One connection: parsed by Twisted, with our own patience and our own way to say no early."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel

from orgloop.http.answer import Answer
from orgloop.http.paths import origin_form
from orgloop.http.problem import Problem, Refused, too_large
from orgloop.http.request import Request

if TYPE_CHECKING:
    from orgloop.http.site import Site

HEADER_SECONDS = 10.0
"""From the first byte of a request (or the opening of a connection) to the end of its headers."""
REQUEST_SECONDS = 60.0
"""From the first byte of a request to the last."""
IDLE_SECONDS = 60.0
"""Between requests."""
LINGER_SECONDS = 5.0
"""How long the rest of a refused request is read and thrown away, so that its sender sees why."""
_BURST = 8  # pipelined requests answered before other connections get a turn
_READ_AHEAD_BYTES = 0x4000
_LENGTH_DIGITS = 18  # more digits than any body has, fewer than int() refuses

_TIMED_OUT = Problem(
    408, "timeout", "the request did not arrive in time", "send requests without a pause"
)
_BAD_TARGET = Problem(
    400,
    "bad_target",
    "the request names neither a path of this server nor a URL with the host of its Host header",
    "send a path, such as GET /health/ready",
)


class Channel(HTTPChannel):
    """The server's end of one connection.

    What Twisted would do with a timer for each request is done by `Deadlines`; what it would find
    out after the whole body, `Request.admit` decides after the headers.
    """

    _log = Logger()
    timeOut = None
    requestFactory = Request
    deadline: float | None = None
    transport: Any

    _began: float | None = None
    _discarding = False
    _closing = False
    _burst = 0
    _next_turn: IDelayedCall | None = None

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site

    # --- coming and going -----------------------------------------------------------------------

    def connectionMade(self) -> None:
        """Begin to wait for a request."""
        super().connectionMade()
        self.deadline = self.site.clock.seconds() + HEADER_SECONDS
        self.site.deadlines.watch(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the requests that were under way."""
        self.site.deadlines.forget(self)
        if self._next_turn is not None:
            self._next_turn.cancel()
            self._next_turn = None
        super().connectionLost(reason)

    def expire(self) -> None:
        """End a connection that was waited for long enough."""
        if self._discarding or self._closing:
            self.transport.abortConnection()
            return
        if self._began is not None and not self._handlingRequest:
            self._say(_TIMED_OUT)
        self.close()

    def close(self) -> None:
        """Close the connection once what was written is out, or after a while in any case."""
        self._closing = True
        self.deadline = self.site.clock.seconds() + LINGER_SECONDS
        self.loseConnection()

    def close_soon(self) -> None:
        """Close the connection after the request under way, at once if there is none."""
        if not self.requests:
            self.close()
        elif not self._discarding:
            self.persistent = False
            self.deadline = self.site.clock.seconds() + LINGER_SECONDS

    def close_if_silent(self) -> None:
        """Close the connection if it is between two requests, as far as the kernel knows."""
        if self._began is None and not self.requests and not self._has_more_come():
            self.close()

    def _has_more_come(self) -> bool:
        try:
            return bool(self.transport.getHandle().recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except OSError:
            return False

    # --- receiving ------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        """Parse what came. No byte sequence may do harm beyond this connection."""
        if self._discarding or self._closing:
            return
        if self._busyReceiving:
            self._buffer += data
            return
        if self._began is None and not self._handlingRequest:
            self._begin()
        self._burst = 0
        self._parse(data)

    def _parse(self, data: bytes) -> None:
        try:
            LineReceiver.dataReceived(self, data)
        except Exception as error:
            self._log.warn(
                "a connection from {peer} is cut: {error!r}", peer=self.getPeer(), error=error
            )
            self.transport.abortConnection()

    def _begin(self) -> None:
        self._began = self.site.clock.seconds()
        self.deadline = self._began + HEADER_SECONDS

    def lineLengthExceeded(self, line: bytes) -> None:
        """Refuse a header line without end."""
        self._respondToBadRequestAndDisconnect()

    def headerReceived(self, line: bytes) -> bool:
        """Check a header that Twisted would stumble over, then go on as usual."""
        if len(line) > _LENGTH_DIGITS and line[:15].lower() == b"content-length:":
            digits = line[15:].strip(b" \t")
            if len(digits) > _LENGTH_DIGITS and digits.isdigit():
                self.refuse(too_large(self.site.gate.settings.max_body))
                return False
        accepted: bool = super().headerReceived(line)
        return accepted

    def allHeadersReceived(self) -> None:
        """Decide now: what is refused with a body to come is answered without reading it."""
        if self._discarding:
            return
        request: Request = self.requests[-1]
        self.persistent = self.checkPersistence(request, self._version)
        hosts = request.requestHeaders.getRawHeaders(b"Host") or ()
        if len(hosts) > 1:
            self._respondToBadRequestAndDisconnect()
            return
        target = origin_form(self._path, hosts[0] if hosts else b"")
        problem = (
            _BAD_TARGET if target is None else request.admit(self._command, target, self.length)
        )
        self._path = target or b"/"
        if problem is None:
            self._expect_body(request)
        elif self.length != 0:
            self.refuse(problem)
        else:
            request.passage = problem

    def _expect_body(self, request: Request) -> None:
        assert self._began is not None
        self.deadline = self._began + REQUEST_SECONDS
        expected = request.requestHeaders.getRawHeaders(b"Expect")
        if expected and expected[0].lower() == b"100-continue" and self._version == b"HTTP/1.1":
            self._send100Continue()

    def rawDataReceived(self, data: bytes) -> None:
        """Pass on a piece of a body, or keep what follows the request being answered."""
        if self._discarding:
            return
        try:
            super().rawDataReceived(data)
        except Refused as refused:
            self.refuse(refused.problem)
        else:
            self._hold_back()

    def _hold_back(self) -> None:
        """Read no more while enough waits behind the request that is being answered.

        Twisted forgets to where the request had a body, or where its sender does not read: each
        request would let in another read, far more than it takes away.
        """
        if self._handlingRequest and sum(map(len, self._dataBuffer)) > _READ_AHEAD_BYTES:
            self._networkProducer.pauseProducing()

    def allContentReceived(self) -> None:
        """Answer. However long that takes, it is not the client who is late."""
        if self._discarding:
            return
        self.deadline = None
        super().allContentReceived()

    # --- refusing -------------------------------------------------------------------------------

    def refuse(self, problem: Problem) -> None:
        """Answer before the request is complete, and take no other on this connection."""
        if self._discarding:
            return
        self._say(problem)
        self._discard()

    def _say(self, problem: Problem) -> None:
        answer = Answer.of_problem(problem)
        bodiless = getattr(self, "_command", b"") == b"HEAD"
        self.transport.write(answer.to_bytes(self.site.date(), close=True, bodiless=bodiless))

    def _respondToBadRequestAndDisconnect(self) -> None:
        """Say the little that Twisted says to what is not HTTP."""
        if not self._discarding:
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            self._discard()

    def _discard(self) -> None:
        """End our half of the connection and throw away what still comes.

        Closing at once would make the kernel reset the connection, and the answer would be lost.
        """
        self._discarding = True
        self.persistent = False
        self.clearLineBuffer()
        for request in self.requests:
            request.drop_body()
        self.deadline = self.site.clock.seconds() + LINGER_SECONDS
        self.transport.unregisterProducer()
        end_writing = getattr(self.transport, "loseWriteConnection", self.transport.loseConnection)
        end_writing()

    # --- one after another ----------------------------------------------------------------------

    def is_last_answer(self) -> bool:
        """Decide whether the connection ends with the answer that is about to be sent.

        When the site is leaving, it does unless another request has come already.
        """
        if self.site.is_leaving and not self._has_more():
            self.persistent = False
        return not self.persistent

    def _has_more(self) -> bool:
        """Whether something of another request has come (Twisted also keeps empty pieces)."""
        return bool(self._buffer) or any(self._dataBuffer)

    def requestDone(self, request: Any) -> None:
        """Go on with the next request, after a turn of the reactor if there were many."""
        waiting = self._has_more()
        now = self.site.clock.seconds()
        self._began = now if waiting else None
        self.deadline = now + (HEADER_SECONDS if waiting else IDLE_SECONDS)
        if not self.persistent:
            self._closing = True
            self.deadline = now + LINGER_SECONDS
        self._burst += 1
        super().requestDone(request)
        if self._busyReceiving and self._burst >= _BURST and self._buffer and self.persistent:
            self._rest()

    def _rest(self) -> None:
        self.paused = True
        self._networkProducer.pauseProducing()
        self._next_turn = self.site.clock.callLater(0, self._go_on)

    def _go_on(self) -> None:
        self._next_turn = None
        self.paused = False
        self._burst = 0
        if not self._waitingForTransport:
            self._networkProducer.resumeProducing()
        self._parse(b"")
