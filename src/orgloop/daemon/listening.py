"""Listen for HTTP: on one port for everything, and on a second for webhooks alone."""

from __future__ import annotations

from typing import Any

from attrs import define, field
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort, IReactorTCP

from orgloop.config.model import HTTPSettings
from orgloop.http.listen import listen
from orgloop.http.site import Site, build_site


@define(eq=False)
class Listeners:
    """The listener of a runtime, and the one for webhooks alone if the project wants one."""

    reactor: IReactorTCP
    runtime: Any
    settings: HTTPSettings
    token: str = field(repr=False)
    _ports: list[IListeningPort] = field(factory=list, init=False)
    _sites: list[Site] = field(factory=list, init=False)

    def open(self) -> int:
        """Listen, and return the port; raise `OrgLoopError` if it is taken."""
        webhooks = self.settings.webhooks
        port = listen(self.reactor, self._site(), self.settings.host, self.settings.port)
        self._ports.append(port)
        if webhooks is not None:
            site = self._site(webhooks_only=True)
            remedy = "http.webhooks.port"
            self._ports.append(
                listen(self.reactor, site, webhooks.host, webhooks.port, remedy=remedy)
            )
        address = port.getHost()
        assert isinstance(address, IPv4Address | IPv6Address)
        return address.port

    def preload(self) -> None:
        """Import what the first answers did without."""
        for site in self._sites:
            site.preload()

    async def close(self) -> None:
        """Close the listeners and what is connected to them."""
        ports, self._ports = self._ports, []
        for port in ports:
            await maybeDeferred(port.stopListening)

    def _site(self, *, webhooks_only: bool = False) -> Site:
        site = build_site(
            self.runtime,
            self.settings,
            self.token,
            clock=self.reactor,  # type: ignore[arg-type]  # the reactor is both
            webhooks_only=webhooks_only,
        )
        site.noisy = False  # that a factory starts and stops is no news
        self._sites.append(site)
        return site
