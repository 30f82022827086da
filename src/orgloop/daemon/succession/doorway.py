"""A socket in the home, by which other processes of the same person ask something of this one.

A caller sends a line of JSON and is sent one. The directory lets nobody else in.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from attrs import define, field
from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor
from twisted.internet.main import CONNECTION_DONE
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from orgloop.errors import StorageUnavailable

_LONGEST_PATH = 100
"""Bytes that fit into the address of a UNIX socket everywhere."""
_LONGEST_LINE = 65536
_BACKLOG = 16


def connect(path: Path, timeout_seconds: float | None = None) -> socket.socket:
    """Return a connection to the process that listens there; raise `OSError` if none does."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_seconds)
        with _short(path) as address:
            connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


@implementer(IReadDescriptor)
@define(eq=False)
class Caller:
    """A process that has called, until either side hangs up."""

    _reactor: IReactorFDSet
    _socket: socket.socket
    _on_line: Callable[[Caller, bytes], None]
    on_gone: Callable[[], None] = field(default=lambda: None, init=False)
    """Called when the caller hangs up, not when this side does."""
    _received: bytes = field(default=b"", init=False)

    def tell(self, line: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send a line, with copies of descriptors; in vain if nobody is there any more."""
        with suppress(OSError):
            socket.send_fds(self._socket, [line], descriptors)

    def hang_up(self) -> None:
        """End the conversation."""
        self._reactor.removeReader(self)
        self._socket.close()

    def fileno(self) -> int:
        """See `IFileDescriptor.fileno`."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """See `ILoggingContext.logPrefix`."""
        return "caller"

    def doRead(self) -> None:
        """See `IReadDescriptor.doRead`."""
        try:
            data = self._socket.recv(_LONGEST_LINE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or len(self._received) > _LONGEST_LINE:
            self.connectionLost(Failure(CONNECTION_DONE))
            return
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            self._on_line(self, line)

    def connectionLost(self, reason: Failure) -> None:
        """See `IFileDescriptor.connectionLost`."""
        if self.fileno() >= 0:
            self.hang_up()
            self.on_gone()


@implementer(IReadDescriptor)
@define(eq=False)
class Doorway:
    """Listen, and give each line that comes to ``on_line``."""

    _log = Logger()

    _path: Path
    _reactor: Any
    _on_line: Callable[[Caller, bytes], None]
    _socket: socket.socket | None = field(default=None, init=False)

    def open(self) -> None:
        """Begin; raise `StorageUnavailable` if that cannot be.

        For the process that holds the home's lock: what is left of another is removed.
        """
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            self._path.unlink(missing_ok=True)
            with _short(self._path) as address:
                listening.bind(address)
            self._path.chmod(0o600)
            listening.listen(_BACKLOG)
        except OSError as error:
            listening.close()
            raise StorageUnavailable(
                f"{self._path} cannot be made: {error.strerror or error}; remove what is there"
            ) from error
        self._socket = listening
        self._reactor.addReader(self)

    def close(self) -> None:
        """Listen no more, and remove the socket. Callers stay."""
        if self._socket is not None:
            self._reactor.removeReader(self)
            self._socket.close()
            self._socket = None
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def fileno(self) -> int:
        """See `IFileDescriptor.fileno`."""
        return -1 if self._socket is None else self._socket.fileno()

    def logPrefix(self) -> str:
        """See `ILoggingContext.logPrefix`."""
        return "doorway"

    def doRead(self) -> None:
        """See `IReadDescriptor.doRead`."""
        assert self._socket is not None
        try:
            connection, _ = self._socket.accept()
        except OSError as error:
            if not isinstance(error, BlockingIOError):
                self._log.warn("a caller cannot be heard: {error}", error=str(error))
            return
        connection.setblocking(False)
        self._reactor.addReader(Caller(self._reactor, connection, self._on_line))

    def connectionLost(self, reason: Failure) -> None:
        """See `IFileDescriptor.connectionLost`."""
        self.close()


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Yield a name of ``path`` that fits into an address, as long as the block lasts."""
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
