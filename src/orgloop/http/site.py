"""The factory of connections, and what all of them share: bounds, deadlines, the date."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import formatdate
from typing import Any

from twisted.internet.interfaces import IAddress, IProtocol, IReactorTime
from twisted.internet.protocol import Protocol
from twisted.web import server

from orgloop.config.model import HTTPSettings
from orgloop.http.answer import Answer
from orgloop.http.application import Application
from orgloop.http.channel import Channel
from orgloop.http.credentials import Credentials
from orgloop.http.deadlines import Deadlines
from orgloop.http.gate import Gate
from orgloop.http.live.streams import Streams
from orgloop.http.operation import Operation
from orgloop.http.page import Page
from orgloop.http.problem import BUSY, Refused
from orgloop.http.request import Request
from orgloop.http.root import Root
from orgloop.http.view import Runtime

MAX_CONNECTIONS = 1000
MAX_BODY_BYTES = 64_000_000
"""Of all bodies that are being received or worked on together."""


class Traffic:
    """The bytes of request bodies in memory, bounded."""

    def __init__(self, limit: int = MAX_BODY_BYTES) -> None:
        self._room = limit

    def check(self, size: int) -> None:
        """Raise `Refused` if a body of ``size`` has no room now."""
        if size > self._room:
            raise Refused(BUSY)

    def take(self, size: int) -> bool:
        """Take room for bytes that came; say whether there was any."""
        if size > self._room:
            return False
        self._room -= size
        return True

    def give_back(self, size: int) -> None:
        """Give back what was taken."""
        self._room += size


class TurnedAway(Protocol):
    """A connection beyond the bound."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def connectionMade(self) -> None:
        """Say so and close."""
        assert self.transport is not None
        self.transport.write(self._answer)
        self.transport.loseConnection()


class Site(server.Site):
    """What listens. ``deadlines`` knows every open connection."""

    requestFactory = Request

    def __init__(
        self,
        gate: Gate,
        root: Root,
        application: Application,
        runtime: Runtime,
        clock: IReactorTime,
        streams: Streams,
    ) -> None:
        super().__init__(root, Request, parsePOSTFormSubmission=False, reactor=clock)
        self.gate = gate
        self.clock = clock
        self.deadlines = Deadlines(clock)
        self.traffic = Traffic()
        self.is_leaving = False
        """Whether another process takes over: each connection ends with its next answer."""
        self.streams = streams
        self._application = application
        self._runtime = runtime
        self._second = -1
        self._date = b""

    def preload(self) -> None:
        """Import what health and webhooks do without; call it when there is time."""
        self._application.preload()

    def date(self) -> bytes:
        """Return the current ``Date``, made once a second."""
        second = self._runtime.now_ms() // 1000
        if second != self._second:
            self._second = second
            self._date = formatdate(second, usegmt=True).encode("ascii")
        return self._date

    def leave(self) -> None:
        """Let each connection end with its next answer, and every stream now."""
        self.is_leaving = self.streams.are_closed = True
        self.streams.end_all()

    def stay(self) -> None:
        """Undo `leave`; what has ended by then has ended."""
        self.is_leaving = self.streams.are_closed = False

    # --- Twisted's side -------------------------------------------------------------------------

    def buildProtocol(self, addr: IAddress | None) -> IProtocol:  # type: ignore[override]  # or none of its own
        """Return a `Channel`, or one that says that there are too many."""
        if len(self.deadlines) >= MAX_CONNECTIONS:
            answer = Answer.of_problem(BUSY)
            return TurnedAway(answer.to_bytes(self.date(), close=True, bodiless=False))
        channel = Channel(self)
        channel.factory = self
        return channel

    def close_silent(self) -> None:
        """Close the connections on which nothing is under way."""
        for channel in self.deadlines.all():
            assert isinstance(channel, Channel)
            channel.close_if_silent()

    def startFactory(self) -> None:
        """Write no access log, and keep no clock for it."""

    def stopFactory(self) -> None:
        """Close what is open: called when the port is closed."""
        self.streams.end_all()
        for channel in self.deadlines.all():
            assert isinstance(channel, Channel)
            channel.close_soon()

    def log(self, request: Any) -> None:
        """Write no access log."""


def build_site(
    runtime: Runtime,
    settings: HTTPSettings,
    credentials: Credentials,
    *,
    clock: IReactorTime,
    webhooks_only: bool = False,
    page: Page | None = None,
) -> Site:
    """Return the factory to listen with.

    ``page`` is the dashboard, the one of this package if it is `None`. ``webhooks_only`` is
    for the second listener, which serves nothing but webhooks and health. Raises `OrgLoopError` for
    settings that would leave the control API open to a network.
    """
    streams = Streams(runtime, clock)

    def operations() -> Sequence[Operation]:
        from orgloop.http.endpoints import endpoints  # late, as all that they need

        return endpoints(runtime, credentials, streams, clock, needs_key=settings.auth != "none")

    application = Application(operations)
    gate = Gate(
        runtime,
        settings,
        credentials,
        application.access,
        page or Page(),
        webhooks_only=webhooks_only,
    )
    return Site(gate, Root(runtime, gate, application), application, runtime, clock, streams)
