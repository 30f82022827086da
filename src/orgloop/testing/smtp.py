"""A mail server on loopback: it takes mail, or says no as a test tells it to."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from attrs import define, field, frozen
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure


@frozen
class ReceivedMail:
    """One mail that was taken."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes = field(repr=False)
    username: str | None = None
    """Who had logged in."""
    is_encrypted: bool = False

    def message(self) -> EmailMessage:
        """Return it parsed."""
        return message_from_bytes(self.data, policy=default)


class SMTPStandIn:
    """A real server on ``127.0.0.1`` and a port of its own; what it takes is in ``mails``.

    ``replies`` answers a command (``RCPT``, ``AUTH``; ``GREETING``, and ``DATA.`` for the end of a
    mail) in place of the usual answer; ``RCPT bob@x`` answers for one recipient. An empty reply is
    none: the client waits. ``contexts`` makes the server side of TLS (a pyOpenSSL context factory).
    """

    def __init__(
        self,
        *,
        users: Mapping[str, str] | None = None,
        contexts: Any = None,
        is_tls: bool = False,
    ) -> None:
        self.users = users or {}
        self.contexts = contexts
        self.is_tls = is_tls
        self.replies: dict[str, str] = {}
        self.mails: list[ReceivedMail] = []
        self.commands: list[str] = []
        self._open: set[_ServerSide] = set()
        self._port: Any = None
        self._waiting: list[tuple[str, Deferred[None]]] = []

    def start(self, reactor: Any) -> None:
        """Listen."""
        sides = _Sides(self)
        if self.is_tls:
            self._port = reactor.listenSSL(0, sides, self.contexts, interface="127.0.0.1")
        else:
            self._port = reactor.listenTCP(0, sides, interface="127.0.0.1")

    @property
    def port(self) -> int:
        return int(self._port.getHost().port)

    async def stop(self) -> None:
        """Stop listening and close every connection; once more does nothing."""
        for side in tuple(self._open):
            cast(Any, side.transport).abortConnection()
        if self._port is not None:
            await maybeDeferred(self._port.stopListening)

    def heard(self, command: str) -> Deferred[None]:
        """Fire when a client says ``command`` next."""
        said: Deferred[None] = Deferred()
        self._waiting.append((command, said))
        return said

    def note(self, command: str) -> None:
        """Note what a client says; ``GREETING`` is that it has come."""
        if command != "GREETING":
            self.commands.append(command)
        due = [entry for entry in self._waiting if entry[0] == command]
        self._waiting = [entry for entry in self._waiting if entry not in due]
        for _, said in due:
            said.callback(None)


@define(eq=False)
class _ServerSide(LineReceiver):
    """One conversation, as far as a client that behaves can lead it (RFC 5321)."""

    _server: SMTPStandIn
    delimiter = b"\r\n"
    MAX_LENGTH = 1_000_000
    _sender: str = ""
    _recipients: list[str] = field(factory=list)
    _data: list[bytes] | None = None
    _username: str | None = None
    _is_encrypted: bool = False

    def __attrs_post_init__(self) -> None:
        self._is_encrypted = self._server.is_tls

    def connectionMade(self) -> None:
        self._server._open.add(self)
        self._server.note("GREETING")
        self._answer("GREETING", "220 stand-in")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._server._open.discard(self)

    def lineReceived(self, line: bytes) -> None:
        if self._data is not None:
            self._more(line)
            return
        command, _, rest = line.decode("utf-8", "replace").partition(" ")
        command = command.upper()
        self._server.note(command)
        known: Callable[[str], None] | None = getattr(self, f"_on_{command.lower()}", None)
        if known is None:
            self._answer(command, "500 not known")
        else:
            known(rest)

    def _on_ehlo(self, rest: str) -> None:
        offers = ["stand-in", "8BITMIME"]
        if self._server.contexts is not None and not self._is_encrypted:
            offers.append("STARTTLS")
        if self._server.users:
            offers.append("AUTH PLAIN")
        lines = [f"250-{one}" for one in offers[:-1]] + [f"250 {offers[-1]}"]
        self._answer("EHLO", "\r\n".join(lines))

    def _on_starttls(self, rest: str) -> None:
        self._answer("STARTTLS", "220 go on")
        cast(Any, self.transport).startTLS(self._server.contexts, self)
        self._is_encrypted = True

    def _on_auth(self, rest: str) -> None:
        try:
            _, username, password = b64decode(rest.partition(" ")[2]).decode().split("\0")
        except (NotBase64, UnicodeDecodeError, ValueError):
            self._answer("AUTH", "501 not understood")
            return
        if self._server.users.get(username) == password:
            self._username = username
            self._answer("AUTH", "235 welcome")
        else:
            self._answer("AUTH", "535 who are you?")

    def _on_mail(self, rest: str) -> None:
        self._sender, self._recipients = _path(rest), []
        self._answer("MAIL", "250 ok")

    def _on_rcpt(self, rest: str) -> None:
        recipient = _path(rest)
        own = f"RCPT {recipient}"
        command = own if own in self._server.replies else "RCPT"
        if self._answer(command, "250 ok").startswith("2"):
            self._recipients.append(recipient)

    def _on_data(self, rest: str) -> None:
        if self._answer("DATA", "354 go on").startswith("3"):
            self._data = []

    def _on_noop(self, rest: str) -> None:
        self._answer("NOOP", "250 ok")

    def _on_rset(self, rest: str) -> None:
        self._answer("RSET", "250 ok")

    def _on_quit(self, rest: str) -> None:
        self._answer("QUIT", "221 bye")
        cast(Any, self.transport).loseConnection()

    def _more(self, line: bytes) -> None:
        assert self._data is not None
        if line != b".":
            self._data.append(line[1:] if line.startswith(b".") else line)
            return
        mail = ReceivedMail(
            self._sender,
            tuple(self._recipients),
            b"\r\n".join([*self._data, b""]),
            self._username,
            self._is_encrypted,
        )
        self._data = None
        self._server.note("DATA.")
        if self._answer("DATA.", "250 taken").startswith("2"):
            self._server.mails.append(mail)

    def _answer(self, command: str, usual: str) -> str:
        reply = self._server.replies.get(command, usual)
        if reply:
            self.sendLine(reply.encode())
        return reply


def _path(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


@define(eq=False)
class _Sides(Factory):
    _server: SMTPStandIn
    noisy = False

    def buildProtocol(self, addr: Any) -> _ServerSide:
        return _ServerSide(self._server)
