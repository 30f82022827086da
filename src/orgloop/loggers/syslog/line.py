"""The line to a syslog daemon: open it, notice that it is dead, send on it. All of it blocks."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

from attrs import define, field

from orgloop.loggers.syslog.config import SyslogConfig

_SECONDS = 5.0


@define(eq=False)
class Line:
    """Send messages, over a connection that is kept and made anew when it is gone."""

    _config: SyslogConfig
    _directory: Path
    """Where relative paths begin."""
    _timeout_seconds: float = _SECONDS
    _socket: socket.socket | None = field(default=None, init=False)
    _is_over: bool = field(default=False, init=False)
    _refusals: int = field(default=0, init=False)
    """How often nobody was there. After each, datagrams go to the next address of a name."""
    _lock: Lock = field(factory=Lock, init=False, repr=False)
    """Held by the thread that sends."""

    def send(self, messages: Sequence[bytes]) -> None:
        """Send messages in order; raise `OSError` if that fails, and some may have arrived then."""
        with self._lock:
            try:
                line = self._open()
                if line.type == socket.SOCK_DGRAM:
                    for message in messages:
                        line.send(message)
                else:
                    # RFC 6587, 3.4.1 and RFC 5425, 4.3: each message after its length.
                    line.sendall(b"".join(b"%d %b" % (len(one), one) for one in messages))
            except BaseException as error:
                self._refusals += isinstance(error, ConnectionRefusedError)
                self._close()
                raise
        if self._is_over:
            self.end()

    def end(self) -> None:
        """Close the line for good, from any thread; what is under way fails."""
        self._is_over = True
        if self._lock.acquire(blocking=False):
            try:
                self._close()
            finally:
                self._lock.release()
        elif (line := self._socket) is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _open(self) -> socket.socket:
        if self._socket is not None and not _is_alive(self._socket):
            self._close()
        if self._socket is None:
            self._socket = self._connect()
        if self._is_over:
            raise ConnectionAbortedError("the logger is stopped")
        self._socket.settimeout(self._timeout_seconds)
        return self._socket

    def _connect(self) -> socket.socket:
        config = self._config
        if config.protocol == "unix":
            return self._connect_here()
        address = (config.host, config.port_in_use)
        if config.protocol == "udp":
            return _datagrams_to(address, self._refusals)
        line = socket.create_connection(address, self._timeout_seconds)
        try:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return self._encrypted(line) if config.protocol == "tls" else line
        except BaseException:
            line.close()
            raise

    def _encrypted(self, line: socket.socket) -> socket.socket:
        given = self._config.ca_file
        file = None if given is None else str(self._directory / given.expanduser())
        trusted = ssl.create_default_context(cafile=file)
        return trusted.wrap_socket(line, server_hostname=self._config.host)

    def _connect_here(self) -> socket.socket:
        """Connect to a socket of datagrams, as daemons offer, or else of a stream."""
        path = str(self._directory / self._config.path.expanduser())
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            line = socket.socket(socket.AF_UNIX, kind)
            try:
                line.settimeout(self._timeout_seconds)
                line.connect(path)
                return line
            except OSError as error:
                line.close()
                if error.errno != errno.EPROTOTYPE:
                    raise
        raise OSError(errno.EPROTOTYPE, "neither datagrams nor a stream are spoken there")

    def _close(self) -> None:
        line, self._socket = self._socket, None
        if line is None:
            return
        if isinstance(line, ssl.SSLSocket):
            with suppress(OSError, ValueError):
                line.setblocking(False)
                line.unwrap()  # says goodbye, and does not wait for an answer
        line.close()


def _datagrams_to(address: tuple[str, int], turn: int) -> socket.socket:
    """Return a socket whose every datagram goes to one of the addresses of a name, each in turn."""
    found = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)
    family, kind, protocol, _, resolved = found[turn % len(found)]
    line = socket.socket(family, kind, protocol)
    try:
        line.connect(resolved)
    except OSError:
        line.close()
        raise
    return line


def _is_alive(line: socket.socket) -> bool:
    """Whether the other side has not hung up: what is sent after that would vanish unseen."""
    if line.type == socket.SOCK_DGRAM:
        return True
    try:
        line.setblocking(False)
        return line.recv(4096) != b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False
