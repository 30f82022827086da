"""Look whether the ports that a runtime listens on are free, and who has them if not."""

from __future__ import annotations

import errno
import socket
from collections.abc import Collection, Iterator

from orgloop.config.runtime import HTTPSettings
from orgloop.doctor.check import Check
from orgloop.portholder import port_holders

_OTHER = "choose another one with {setting} (0 takes a free one)"


def check_ports(settings: HTTPSettings, *, ours: Collection[int | None]) -> Iterator[Check]:
    """Say of each port whether a start could listen there; ``ours`` are processes of this home."""
    yield _port("http", settings.host, settings.port, "ORGLOOP_PORT or http.port", ours)
    second = settings.webhooks
    if second is not None:
        yield _port("http.webhooks", second.host, second.port, "http.webhooks.port", ours)


def _port(name: str, host: str, port: int, setting: str, ours: Collection[int | None]) -> Check:
    where = f"port {port} on {host}"
    try:
        _try_to_listen(host, port)
    except OSError as error:
        return _taken(name, where, port, error, setting, ours)
    free = f"any port on {host} that is free will do" if port == 0 else f"{where} is free"
    return Check(category="port", name=name, message=free)


def _try_to_listen(host: str, port: int) -> None:
    family, kind, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        probe.listen(1)


def _taken(
    name: str, where: str, port: int, error: OSError, setting: str, ours: Collection[int | None]
) -> Check:
    if error.errno == errno.EADDRINUSE:
        holders = list(port_holders(port))
        for own in (holder for holder in holders if holder.pid in ours):
            message = f"{where} is our own: process {own.pid} listens there"
            return Check(category="port", name=name, message=message)
        by = f" by {holders[0]}" if holders else ""
        message, fix = f"{where} is in use{by}", f"stop what listens there, or {_OTHER}"
    elif error.errno == errno.EACCES:
        message, fix = (
            f"{where} may not be used by this user",
            "choose one above 1023 with {setting}",
        )
    else:
        message = f"nothing can listen on {where}: {error.strerror or error}"
        fix = f"correct the host, or {_OTHER}"
    fix = fix.format(setting=setting)
    return Check(category="port", name=name, status="error", message=message, fix=fix)
