"""Listen on a port, or say who has it; or go on with a socket that listens already."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

from attrs import frozen
from twisted.internet.abstract import isIPv6Address
from twisted.internet.interfaces import IListeningPort, IReactorSocket
from twisted.internet.protocol import ServerFactory

from orgloop.errors import OrgLoopError
from orgloop.portholder import port_holder

_BACKLOG = 511
_REMEDY = "--port, ORGLOOP_PORT or http.port"


@frozen
class InheritedListener:
    """A socket that another process has opened, and that listens."""

    descriptor: int
    """Ours to close."""
    is_final: bool = False
    """Whether its address counts, and not the configured one: a service manager's does."""


def listen(
    reactor: IReactorSocket,
    factory: ServerFactory[Any],
    host: str,
    port: int,
    *,
    remedy: str = _REMEDY,
) -> IListeningPort:
    """Listen there (port 0 takes a free one); raise `OrgLoopError` that says why not.

    ``remedy`` names where another port is chosen. Another process that has the socket can go on
    listening when this one has closed it.
    """
    try:
        opened = _open(host, port)
    except OSError as error:
        raise OrgLoopError(_why_not(host, port, error, remedy)) from error
    with opened:
        return _adopted(reactor, factory, opened)


def adopt(
    reactor: IReactorSocket, factory: ServerFactory[Any], inherited: InheritedListener
) -> IListeningPort:
    """Go on with a socket that listens; raise `OrgLoopError` if it is none for HTTP.

    The descriptor is closed in any case: the port has one of its own.
    """
    with socket.socket(fileno=inherited.descriptor) as opened:
        if not _listens(opened):
            raise OrgLoopError(
                "the socket that was handed over does not listen for TCP: check the unit of the "
                "socket (ListenStream with an address and a port)"
            )
        return _adopted(reactor, factory, opened)


def is_at(inherited: InheritedListener, host: str, port: int) -> bool:
    """Whether a socket listens where it should; port 0 stands for any."""
    with socket.socket(fileno=os.dup(inherited.descriptor)) as opened:
        if not _listens(opened):
            return False
        try:
            family, wanted = _address(host, port)
        except OSError:
            return False
        name = opened.getsockname()
        return opened.family == family and name[0] == wanted[0] and port in (0, name[1])


def _open(host: str, port: int) -> socket.socket:
    family, address = _address(host, port)
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(_BACKLOG)
    except BaseException:
        opened.close()
        raise
    return opened


def _address(host: str, port: int) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    family = socket.AF_INET6 if isIPv6Address(host) else socket.AF_INET
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return family, found[0][4]


def _listens(opened: socket.socket) -> bool:
    return (
        opened.family in (socket.AF_INET, socket.AF_INET6)
        and opened.type == socket.SOCK_STREAM
        and opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) != 0
    )


def _adopted(
    reactor: IReactorSocket, factory: ServerFactory[Any], opened: socket.socket
) -> IListeningPort:
    # Twisted shuts a socket down that it has opened itself: for every process that has it.
    opened.setblocking(False)
    return reactor.adoptStreamPort(opened.fileno(), opened.family, factory)


def _why_not(host: str, port: int, error: OSError, remedy: str) -> str:
    number = error.errno
    if number == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is in use{_by_whom(port)}: stop what listens there, or choose "
            f"another port with {remedy} (0 takes a free one)"
        )
    if number == errno.EACCES:
        return f"port {port} may not be used by this user: choose one above 1023"
    why = error.strerror or error
    return f"cannot listen on {host} port {port}: {why}; check the host and the port ({remedy})"


def _by_whom(port: int) -> str:
    holder = port_holder(port)
    return f" by {holder}" if holder is not None else ""
