"""Tell this machine's own names from strangers': ``Host``, ``Origin``, peers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from orgloop.config.runtime import is_loopback
from orgloop.errors import InvalidValue

_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::(?P<port>\d{1,5}))?")
_REMEMBERED = 1000


def split_authority(text: str) -> tuple[str, str | None] | None:
    """Return host (lower case, no brackets) and port of ``host[:port]``, `None` if it is none."""
    match = _AUTHORITY.fullmatch(text.lower())
    if match is None:
        return None
    return match["host"].strip("[]"), match["port"]


class KnownHosts:
    """The names under which this server may be addressed: loopback and ``http.allowed_hosts``.

    An allowed host with a port is meant with that port only.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = {name.lower() for name in allowed}
        self._verdicts: dict[bytes, bool] = {}

    def __contains__(self, host: bytes | None) -> bool:
        if host is None:
            return False
        verdict = self._verdicts.get(host)
        if verdict is None:
            verdict = self._knows(host.decode("latin-1"))
            if len(self._verdicts) < _REMEMBERED:
                self._verdicts[host] = verdict
        return verdict

    def _knows(self, text: str) -> bool:
        split = split_authority(text)
        if split is None:
            return False
        return is_loopback(split[0]) or split[0] in self._allowed or text.lower() in self._allowed


class TrustedPeers:
    """The proxies that may forward control requests: addresses and networks."""

    def __init__(self, names: Iterable[str]) -> None:
        try:
            self._networks = [ip_network(name, strict=False) for name in names]
        except ValueError as error:
            raise InvalidValue(
                f"http.trusted_proxies: {error}; write addresses or networks, such as 10.0.0.0/8"
            ) from error

    def __contains__(self, address: str) -> bool:
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        return any(peer in network for network in self._networks)


def is_own_origin(origin: bytes, host: bytes | None) -> bool:
    """Whether a page that sends ``Origin`` came from this server, as addressed by ``Host``."""
    scheme, _, authority = origin.partition(b"://")
    return host is not None and scheme in (b"http", b"https") and authority.lower() == host.lower()
