"""What systemd tells a service in its environment, and the socket by which to answer.

See ``sd_notify(3)``, ``sd_listen_fds(3)`` and ``sd_watchdog_enabled(3)``. Nothing here imports a
runtime: a supervisor that is systemd's main process uses it, too.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Final

from attrs import define, field, frozen

from orgloop.errors import OrgLoopError

LISTENERS: Final = ("http", "webhooks")
"""The names of the sockets that may be handed over, and their order where they have none."""

# What concerns this process alone: an agent that inherited it would speak in our name.
_OURS: Final = (
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "LISTEN_PID",
    "LISTEN_PIDFDID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
    "INVOCATION_ID",
    "SYSTEMD_EXEC_PID",
)
_FIRST_DESCRIPTOR = 3
_NUMBER = re.compile(r"[0-9]{1,18}")
_MICROSECONDS = 1_000_000
_REMEDY = "write ListenStream= with an address and a port, and leave out Accept="


@frozen(kw_only=True)
class Systemd:
    """What systemd has told this process: nothing, to one that it has not started."""

    notify_address: str | None = None
    """Where it wants to hear how the service gets on."""
    watchdog_seconds: float | None = None
    """How long it waits for a sign of life before it kills the service."""
    listeners: Mapping[str, int] = field(factory=dict)
    """The descriptors of the sockets it listens on for us, by name (`LISTENERS`)."""
    is_manager: bool = False
    """Whether it decides when this process is started again."""

    @classmethod
    def taken_from(cls, environ: MutableMapping[str, str], pid: int) -> Systemd:
        """Read the variables meant for process ``pid``, and take them all out of ``environ``.

        What makes no sense counts as not said. Raises `OrgLoopError` for descriptors that cannot be
        listened on. To be called once, before anything is started.
        """
        told = {name: environ.pop(name) for name in _OURS if name in environ}
        return cls(
            notify_address=told.get("NOTIFY_SOCKET") or None,
            watchdog_seconds=_watchdog_seconds(told, pid),
            listeners=_listeners(told, pid),
            is_manager=_is_manager(told, pid),
        )


@define(eq=False)
class NotifySocket:
    """The way to systemd, without a wait and without an error that anybody must heed."""

    _address: str | bytes
    _socket: socket.socket | None = field(default=None, init=False, repr=False)

    @classmethod
    def at(cls, address: str) -> NotifySocket:
        """Return the socket at a path, or at an abstract name that begins with ``@``."""
        return cls(b"\0" + os.fsencode(address[1:]) if address.startswith("@") else address)

    def tell(self, *assignments: str) -> bool:
        """Send ``NAME=value`` lines as one message; false if there is no room for it just now.

        True where nobody listens at all: to say it again would not help.
        """
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
        message = "\n".join(assignments).encode("utf-8", "backslashreplace")
        try:
            self._socket.sendto(message, self._address)
        except (BlockingIOError, InterruptedError):
            return False
        except (OSError, ValueError):  # nobody there; or no address at all
            return True
        return True

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None


def _watchdog_seconds(told: Mapping[str, str], pid: int) -> float | None:
    microseconds = _number(told.get("WATCHDOG_USEC"))
    if not microseconds or _number(told.get("WATCHDOG_PID", str(pid))) != pid:
        return None
    return microseconds / _MICROSECONDS


def _is_manager(told: Mapping[str, str], pid: int) -> bool:
    """Whether this process is a service.

    Terminals have an ``INVOCATION_ID`` too, where the desktop is a service, and all that is started
    in them inherits it; since systemd 248 there is the PID beside it.
    """
    if told.get("NOTIFY_SOCKET") or _number(told.get("LISTEN_PID")) == pid:
        return True
    executed = told.get("SYSTEMD_EXEC_PID")
    return "INVOCATION_ID" in told if executed is None else _number(executed) == pid


def _listeners(told: Mapping[str, str], pid: int) -> dict[str, int]:
    count = _number(told.get("LISTEN_FDS"))
    if not count or _number(told.get("LISTEN_PID")) != pid:
        return {}
    if count > len(LISTENERS):
        raise _refused(f"{count} sockets", f"there is use for {len(LISTENERS)}: {_names()}")
    descriptors = range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + count)
    for descriptor in descriptors:
        _check(descriptor)
    names = told.get("LISTEN_FDNAMES", "").split(":")
    return dict(zip(_named(names, count), descriptors, strict=True))


def _named(names: Sequence[str], count: int) -> Iterator[str]:
    """Yield the name of each socket; one that has none of ours gets the first that is free."""
    given = [name if name in LISTENERS else None for name in names[:count]]
    free = [name for name in LISTENERS if name not in given]
    for double in (name for name in LISTENERS if given.count(name) > 1):
        raise _refused(f"two sockets named {double}", "one of each can be listened on")
    for name in [*given, *[None] * (count - len(given))]:
        yield name or free.pop(0)


def _check(descriptor: int) -> None:
    """Refuse what is no listening TCP socket, and keep children from inheriting what is one."""
    which = f"descriptor {descriptor}"
    try:
        os.set_inheritable(descriptor, False)
        with socket.socket(fileno=os.dup(descriptor)) as opened:
            trouble = _trouble(opened)
    except OSError as error:
        raise _refused(f"{which}, which is no socket ({error.strerror})", _REMEDY) from error
    if trouble is not None:
        raise _refused(f"{which}, a socket that {trouble}", _REMEDY)


def _trouble(opened: socket.socket) -> str | None:
    if opened.family not in (socket.AF_INET, socket.AF_INET6):
        return "is not a TCP one"
    if opened.type != socket.SOCK_STREAM:
        return "has no connections"
    if not opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return "does not listen"
    return None


def _refused(what: str, remedy: str) -> OrgLoopError:
    return OrgLoopError(
        f"systemd hands over {what}: {remedy}; mend the .socket unit and start it again"
    )


def _names() -> str:
    return " and ".join(LISTENERS)
