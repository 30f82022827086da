"""Listen for HTTP: on one port for everything, and on a second for webhooks alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, cast

from attrs import define, field, frozen
from twisted.internet.abstract import FileDescriptor
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort, IReactorSocket, IReactorTime
from twisted.internet.task import deferLater

from orgloop.config.model import HTTPSettings
from orgloop.http.credentials import Credentials
from orgloop.http.listen import InheritedListener, adopt, is_at, listen
from orgloop.http.page import Page
from orgloop.http.site import Site, build_site

HTTP, WEBHOOKS = "http", "webhooks"
_LONGEST_FAREWELL_SECONDS = 0.5
"""Who has a connection open and sends no request for this long finds it closed."""
_LOOK_SECONDS = 0.01


@frozen
class _Place:
    """Where one of them should listen."""

    name: str
    host: str
    port: int
    remedy: str


@define(eq=False)
class Listeners:
    """The listener of a runtime, and the one for webhooks alone if the project wants one."""

    reactor: IReactorSocket
    runtime: Any
    settings: HTTPSettings
    token: str = field(repr=False)
    _credentials: Credentials = field(init=False, repr=False)
    _page: Page = field(factory=Page, init=False)
    _ports: dict[str, IListeningPort] = field(factory=dict, init=False)
    _opened_here: list[str] = field(factory=list, init=False)
    _sites: list[Site] = field(factory=list, init=False)
    _held: list[IListeningPort] = field(factory=list, init=False)
    _are_leaving: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        # The listener for webhooks takes the control token too, and the same one.
        self._credentials = Credentials(self.token, cast(IReactorTime, self.reactor))

    def open(self, inherited: Mapping[str, InheritedListener] = {}) -> int:
        """Listen, and return the port; raise `OrgLoopError` if it is taken.

        What is inherited is used if it is where it should be, and closed if not. Connections wait
        there until `admit`: they came for the runtime before this one, and are not refused.
        """
        left = dict(inherited)
        for place in self._places():
            self._ports[place.name] = self._open(place, left.pop(place.name, None))
        for unused in left.values():
            os.close(unused.descriptor)
        address = self._ports[HTTP].getHost()
        assert isinstance(address, IPv4Address | IPv6Address)
        return address.port

    def admit(self) -> None:
        """Accept what has been waiting at inherited sockets, and what comes from now on."""
        held, self._held = self._held, []
        for port in held:
            cast(FileDescriptor, port).startReading()

    @property
    def descriptors(self) -> Mapping[str, int]:
        """The sockets that listen, by name."""
        return {name: _descriptor(port) for name, port in self._ports.items()}

    @property
    def opened_here(self) -> Mapping[str, int]:
        """Those of `descriptors` that were not inherited."""
        return {name: _descriptor(self._ports[name]) for name in self._opened_here}

    @property
    def connections(self) -> int:
        """How many are open."""
        return sum(len(site.deadlines) for site in self._sites)

    def preload(self) -> None:
        """Import what the first answers did without."""
        for site in self._sites:
            site.preload()

    def read_page(self) -> None:
        """Read the files of the dashboard, before anybody asks for them; a thread may."""
        self._page.read()

    def end_streams(self) -> None:
        """End what has no end of its own: nothing that stops or makes way waits for it."""
        for site in self._sites:
            site.streams.end_all()

    async def stand_aside(self) -> None:
        """Accept no more connections, and let those that are open end between two requests.

        The sockets go on listening for whoever has copies of them. Ends after a short while in any
        case: a request that takes longer is answered by whatever comes next here.
        """
        self._held.clear()
        for port in self._ports.values():
            cast(FileDescriptor, port).stopReading()
        self._have_left(True)
        clock = cast(IReactorTime, self.reactor)
        deadline = clock.seconds() + _LONGEST_FAREWELL_SECONDS
        while any(len(site.deadlines) for site in self._sites) and clock.seconds() < deadline:
            await deferLater(clock, _LOOK_SECONDS)
        for site in self._sites if self._are_leaving else ():
            site.close_silent()

    def return_to_work(self) -> None:
        """Accept connections again, and keep them."""
        self._have_left(False)
        for port in self._ports.values():
            cast(FileDescriptor, port).startReading()

    def _have_left(self, are_leaving: bool) -> None:
        self._are_leaving = are_leaving
        for site in self._sites:
            if are_leaving:
                site.leave()
            else:
                site.stay()

    async def close(self) -> None:
        """Close the listeners and what is connected to them."""
        ports = list(self._ports.values())
        self._ports.clear()
        self._held.clear()
        for port in ports:
            await maybeDeferred(port.stopListening)

    def _places(self) -> Iterator[_Place]:
        webhooks = self.settings.webhooks
        remedy = "--port, ORGLOOP_PORT or http.port"
        yield _Place(HTTP, self.settings.host, self.settings.port, remedy)
        if webhooks is not None:
            yield _Place(WEBHOOKS, webhooks.host, webhooks.port, "http.webhooks.port")

    def _open(self, place: _Place, inherited: InheritedListener | None) -> IListeningPort:
        site = self._site(webhooks_only=place.name == WEBHOOKS)
        if inherited is not None:
            if inherited.is_final or is_at(inherited, place.host, place.port):
                return self._hold(adopt(self.reactor, site, inherited))
            os.close(inherited.descriptor)
        port = listen(self.reactor, site, place.host, place.port, remedy=place.remedy)
        self._opened_here.append(place.name)
        return port

    def _hold(self, port: IListeningPort) -> IListeningPort:
        cast(FileDescriptor, port).stopReading()
        self._held.append(port)
        return port

    def _site(self, *, webhooks_only: bool) -> Site:
        site = build_site(
            self.runtime,
            self.settings,
            self._credentials,
            clock=self.reactor,  # type: ignore[arg-type]  # the reactor is both
            webhooks_only=webhooks_only,
            page=self._page,
        )
        site.noisy = False  # that a factory starts and stops is no news
        self._sites.append(site)
        return site


def _descriptor(port: Any) -> int:
    return int(port.fileno())
