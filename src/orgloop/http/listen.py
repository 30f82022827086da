"""Listen on a port, or say who has it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IReactorTCP
from twisted.internet.protocol import ServerFactory

from orgloop.errors import OrgLoopError

_BACKLOG = 511
_REMEDY = "--port, ORGLOOP_PORT or http.port"
_LISTENING = "0A"  # TCP_LISTEN in /proc/net/tcp
_PROC = Path("/proc")


def listen(
    reactor: IReactorTCP,
    factory: ServerFactory[Any],
    host: str,
    port: int,
    *,
    remedy: str = _REMEDY,
) -> IListeningPort:
    """Listen there (port 0 takes a free one); raise `OrgLoopError` that says why not.

    ``remedy`` names where another port is chosen.
    """
    try:
        return reactor.listenTCP(port, factory, backlog=_BACKLOG, interface=host)
    except CannotListenError as error:
        raise OrgLoopError(_why_not(host, port, error.socketError, remedy)) from error


def _why_not(host: str, port: int, error: object, remedy: str) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is in use{_by_whom(port)}: stop what listens there, or choose "
            f"another port with {remedy} (0 takes a free one)"
        )
    if number == errno.EACCES:
        return f"port {port} may not be used by this user: choose one above 1023"
    return f"cannot listen on {host} port {port}: {error}; check the host and the port ({remedy})"


def _by_whom(port: int) -> str:
    """Name the process that listens on a port, where the kernel lets this user see it."""
    wanted = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in _PROC.glob("[0-9]*") if wanted else ():
        if _holds(process, wanted):
            return f" by process {process.name}{_command_of(process)}"
    return ""


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _holds(process: Path, sockets: set[str]) -> bool:
    try:
        for descriptor in (process / "fd").iterdir():
            try:
                if os.readlink(descriptor) in sockets:
                    return True
            except OSError:
                continue  # closed in the meantime
    except OSError:
        pass  # gone, or another user's
    return False


def _command_of(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    text = b" ".join(word for word in words if word).decode("utf-8", "replace")
    shown = "".join(letter if letter.isprintable() else "?" for letter in text[:80])
    return f" ({shown})" if shown else ""
