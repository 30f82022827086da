"""A syslog daemon on loopback: over UDP, TCP, TLS and UNIX sockets, it parses what it is sent."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.protocol import DatagramProtocol, Factory, Protocol, connectionDone
from twisted.python.failure import Failure

from orgloop.testing.arrivals import Arrivals

# RFC 5424, 6: header, structured data, text.
_MESSAGE = re.compile(
    r"<(\d{1,3})>1 (\S+) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) "
    r'(-|(?:\[(?:"(?:\\.|[^"\\\]])*"|[^"\]])*\])+)(?: (.*))?',
    re.DOTALL,
)
_ELEMENT = re.compile(r'\[([!-~]+?)((?: [!-~]+?="(?:\\.|[^"\\\]])*")*)\]')
_PARAMETER = re.compile(r' ([!-~]+?)="((?:\\.|[^"\\\]])*)"')
# RFC 3164, 4.1.
_OLD_MESSAGE = re.compile(
    r"<(\d{1,3})>([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (\S+) "
    r"([A-Za-z0-9._-]{1,32})\[(\d+)\]: (.*)",
    re.DOTALL,
)


@frozen(kw_only=True)
class ReceivedMessage:
    """One message, taken apart."""

    facility: int
    severity: int
    timestamp: str
    hostname: str
    app_name: str
    process_id: str
    message_id: str = ""
    """Only RFC 5424 has it."""
    data: Mapping[str, Mapping[str, str]] = field(factory=dict)
    """Structured data: the parameters of each element, unescaped."""
    text: str


def parse(raw: bytes) -> ReceivedMessage:
    """Take a message apart; raise `ValueError` for what neither RFC 5424 nor RFC 3164 is."""
    whole = raw.decode("utf-8")
    if found := _MESSAGE.fullmatch(whole):
        facility, severity = divmod(int(found[1]), 8)
        return ReceivedMessage(
            facility=facility,
            severity=severity,
            timestamp=found[2],
            hostname=found[3],
            app_name=found[4],
            process_id=found[5],
            message_id=found[6],
            data=_structured(found[7]),
            text=(found[8] or "").removeprefix("\ufeff"),
        )
    if found := _OLD_MESSAGE.fullmatch(whole):
        facility, severity = divmod(int(found[1]), 8)
        return ReceivedMessage(
            facility=facility,
            severity=severity,
            timestamp=found[2],
            hostname=found[3],
            app_name=found[4],
            process_id=found[5],
            text=found[6],
        )
    raise ValueError(f"no syslog message: {whole[:200]!r}")


def _structured(text: str) -> Mapping[str, Mapping[str, str]]:
    return {
        element[1]: {
            parameter[1]: re.sub(r"\\(.)", r"\1", parameter[2])
            for parameter in _PARAMETER.finditer(element[2])
        }
        for element in _ELEMENT.finditer(text)
    }


class SyslogStandIn:
    """A real daemon on ``127.0.0.1`` and a port of its own, or on a UNIX socket at ``path``.

    What it is sent stands in ``messages``, parsed; what is no message, in ``garbage``. ``contexts``
    makes the server side of TLS (a pyOpenSSL context factory). Messages of a stream must come after
    their length (RFC 6587, 3.4.1).
    """

    def __init__(
        self,
        protocol: Literal["udp", "tcp", "tls", "unix"] = "udp",
        *,
        contexts: Any = None,
        path: Path | None = None,
    ) -> None:
        self.protocol = protocol
        self.messages: list[ReceivedMessage] = []
        self.garbage: list[bytes] = []
        self.connections = 0
        self._contexts = contexts
        self._path = path
        self._open: set[_ServerSide] = set()
        self._arrivals = Arrivals()
        self._port: Any = None

    def start(self, reactor: Any, port: int = 0) -> None:
        """Listen; ``port`` is for a daemon that comes back where it was."""
        here = {"interface": "127.0.0.1"}
        match self.protocol:
            case "udp":
                self._port = reactor.listenUDP(port, _Datagrams(self), maxPacketSize=65536, **here)
            case "unix":
                address = str(self._path)
                self._port = reactor.listenUNIXDatagram(address, _Datagrams(self), 65536)
            case "tcp":
                self._port = reactor.listenTCP(port, _Sides(self), **here)
            case "tls":
                self._port = reactor.listenSSL(port, _Sides(self), self._contexts, **here)

    @property
    def port(self) -> int:
        return int(self._port.getHost().port)

    def received(self, count: int) -> Deferred[None]:
        """Fire when ``count`` messages have come in altogether."""
        return self._arrivals.reached(count)

    def hang_up(self) -> None:
        """Say goodbye on every connection of plain TCP before this returns, and read no more."""
        for side in tuple(self._open):
            transport = cast(Any, side.transport)
            transport.getHandle().shutdown(socket.SHUT_WR)
            transport.loseConnection()

    async def stop(self) -> None:
        """Stop listening and close every connection; once more does nothing."""
        for side in tuple(self._open):
            cast(Any, side.transport).abortConnection()
        if self._port is not None:
            port, self._port = self._port, None
            await maybeDeferred(port.stopListening)

    def take(self, raw: bytes) -> None:
        """Note one message."""
        try:
            self.messages.append(parse(raw))
        except ValueError:
            self.garbage.append(raw)
        else:
            self._arrivals.one_more()


@define(eq=False)
class _Datagrams(DatagramProtocol):
    _server: SyslogStandIn
    noisy = False

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:
        self._server.take(datagram)


@define(eq=False)
class _ServerSide(Protocol):
    """One stream of messages, each after its length."""

    _server: SyslogStandIn
    _buffer: bytes = b""

    def connectionMade(self) -> None:
        self._server.connections += 1
        self._server._open.add(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._server._open.discard(self)

    def dataReceived(self, data: bytes) -> None:
        self._buffer += data
        while (space := self._buffer.find(b" ")) > 0:
            if not self._buffer[:space].isdigit():
                self._server.garbage.append(self._buffer)
                cast(Any, self.transport).abortConnection()
                return
            end = space + 1 + int(self._buffer[:space])
            if len(self._buffer) < end:
                return
            message, self._buffer = self._buffer[space + 1 : end], self._buffer[end:]
            self._server.take(message)


@define(eq=False)
class _Sides(Factory):
    _server: SyslogStandIn
    noisy = False

    def buildProtocol(self, addr: Any) -> _ServerSide:
        return _ServerSide(self._server)
