"""Find the runtime of a home and hand something over to it, in a second or not at all.

What `orgloop.cli.control` does with care and time is done here with little of either: no process is
asked who it is, so nothing is sent unless somebody holds the home's lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time

_HEX = frozenset("0123456789abcdef")
_UNRESERVED = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
# What stands there may be a FIFO: an agent must not wait for that.
_NOT_WAITING = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


class NotTaken(Exception):
    """The runtime did not take it; ``str()`` says why."""


def hand_over(
    home: str, source: str, body: bytes, cause: str | None, deadline: float, port: str | None
) -> None:
    """Post a body to the source and return once it is durable; raise `NotTaken` or `OSError`.

    ``deadline`` is by the monotonic clock. ``port`` is where to look in place of where the home
    says.
    """
    host = "127.0.0.1" if port is not None else _host_of_owner(home)
    number = port if port is not None else _line(os.path.join(home, "runtime.port"))
    if not (number.isascii() and number.isdigit() and 0 < int(number) < 65536):
        raise NotTaken(f"{number!r} is no port")
    token = _line(os.path.join(home, "control.token"))
    if not _HEX.issuperset(token):
        raise NotTaken("the home's control.token holds no token")
    head = _head(source, int(number), token, len(body), cause)
    status = _post(host, int(number), head + body, deadline)
    if not 200 <= status < 300:
        raise NotTaken(f"the runtime answered {status}")


def _host_of_owner(home: str) -> str:
    """Return the address that the holder of the home's lock listens on."""
    try:
        descriptor = os.open(os.path.join(home, "orgloop.lock"), _NOT_WAITING)
    except FileNotFoundError:
        raise NotTaken("no runtime has run here") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        content = os.pread(descriptor, 65536, 0)
    else:
        raise NotTaken("no runtime is running")
    finally:
        os.close(descriptor)
    try:
        host = json.loads(content).get("host")
    except (ValueError, AttributeError):
        host = None  # caught while it was written
    return _EVERYWHERE.get(host or "", str(host))


def _line(path: str) -> str:
    descriptor = os.open(path, _NOT_WAITING)
    try:
        return os.read(descriptor, 4096).decode("ascii", "replace").strip()
    finally:
        os.close(descriptor)


def _head(source: str, port: int, token: str, length: int, cause: str | None) -> bytes:
    lines = [
        f"POST /webhook/{_quoted(source)} HTTP/1.1",
        f"Host: localhost:{port}",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        "Connection: close",
    ]
    if cause is not None:
        lines.append(f"X-OrgLoop-Trace: {cause}")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _quoted(name: str) -> str:
    octets = name.encode("utf-8", "surrogateescape")
    return "".join(chr(one) if one in _UNRESERVED else f"%{one:02X}" for one in octets)


def _post(host: str, port: int, request: bytes, deadline: float) -> int:
    with socket.create_connection((host, port), timeout=_left(deadline)) as connection:
        connection.settimeout(_left(deadline))
        connection.sendall(request)
        answer = b""
        while b"\r\n" not in answer and len(answer) < 1024:
            connection.settimeout(_left(deadline))
            piece = connection.recv(1024)
            if not piece:
                raise NotTaken("the runtime closed the connection without an answer")
            answer += piece
    words = answer.split(b" ", 2)
    if not answer.startswith(b"HTTP/1.") or len(words) < 2 or not words[1][:3].isdigit():
        raise NotTaken("what answered is no runtime")
    return int(words[1][:3])


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise NotTaken("the runtime did not answer in time")
    return left
