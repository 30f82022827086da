"""Tell addresses of the public internet from those of our own networks."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IHostResolution, IResolutionReceiver
from zope.interface import implementer

# Networks whose addresses carry an IPv4 address in their last four bytes: RFC 4291, 6052, 8215.
_CARRIERS = tuple(map(ip_network, ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet.

    Private, loopback, link-local, shared (RFC 6598), reserved and multicast ones do not, nor does
    an IPv6 address that carries such an IPv4 address.
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and (carried := _carried(ip)) is not None:
        ip = carried
    return ip.is_global and not ip.is_multicast


def _carried(ip: IPv6Address) -> IPv4Address | None:
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if any(ip in network for network in _CARRIERS):
        return IPv4Address(ip.packed[-4:])
    return None


def resolve(reactor: Any, host: str, port: int) -> Deferred[Sequence[Any]]:
    """Return every address (Twisted's `IPv4Address`, `IPv6Address`) of ``host``; maybe none."""
    receiver = _Addresses()
    reactor.nameResolver.resolveHostName(receiver, host, port)
    return receiver.complete


@implementer(IResolutionReceiver)
@define(eq=False)
class _Addresses:
    complete: Deferred[Sequence[Any]] = field(factory=Deferred)
    _found: list[Any] = field(factory=list)

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        pass

    def addressResolved(self, address: IAddress) -> None:
        self._found.append(address)

    def resolutionComplete(self) -> None:
        self.complete.callback(self._found)
