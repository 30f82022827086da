"""Find out whether a service can be reached, without asking it for anything."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence

from orgloop.plugin import Finding, PluginContext
from orgloop.sdk.addresses import is_public
from orgloop.sdk.checking import CHECK_SECONDS

Address = tuple[socket.AddressFamily, tuple[str, int]]


async def reach(
    context: PluginContext, host: str, port: int, *, fix: str, allow_private: bool = True
) -> Finding:
    """Connect to ``host`` over TCP, hang up, and say how that went; ``fix`` is what may help.

    With ``allow_private`` false only addresses of the public internet are tried.
    """
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    problem = await context.run_in_thread(_problem, host, port, allow_private)
    if problem is None:
        return Finding(name=where, message="it can be reached")
    return Finding(name=where, status="degraded", message=problem, fix=fix)


def _problem(host: str, port: int, allow_private: bool) -> str | None:
    """Say what is in the way; `None` if nothing is. Blocks."""
    try:
        addresses = _addresses(host, port)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        return f"the host name cannot be resolved: {reason}"
    allowed = [one for one in addresses if allow_private or is_public(one[1][0])]
    if not allowed:
        return "it leads to a private address, which is not allowed"
    return _refusal(allowed)


def _addresses(host: str, port: int) -> Sequence[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]  # type: ignore[misc]  # TCP


def _refusal(addresses: Iterable[Address]) -> str | None:
    reason = ""
    for family, address in addresses:
        try:
            with socket.socket(family, socket.SOCK_STREAM) as connection:
                connection.settimeout(CHECK_SECONDS)
                connection.connect(address)
        except OSError as error:
            reason = error.strerror or str(error)
        else:
            return None
    return f"it cannot be reached: {reason}"
