"""What a home's lock says about who holds it."""

from __future__ import annotations

import orjson
from attrs import asdict, frozen


@frozen
class LockHolder:
    """Who holds the lock, as far as the file says: it may be caught while being written."""

    pid: int | None = None
    started: str | None = None
    """ISO 8601."""
    project: str | None = None
    host: str | None = None
    """The address it listens on."""
    supervisor: int | None = None
    """The PID of the supervisor that would restart it; while no runtime runs, ``pid`` is `None`."""
    file: str | None = None
    """The project's file."""
    flags: tuple[str, ...] = ()
    """What the start was told besides, as ``--name``, value, …"""
    is_daemon: bool = False
    manager: str | None = None
    """The service manager that started it (``systemd``), if one did."""
    restarts: int = 0
    """How often the supervisor has started a runtime again."""
    last_exit: str | None = None
    """How the last runtime ended, in the supervisor's words."""
    next_start: str | None = None
    """When the supervisor starts the next runtime (ISO 8601), while none runs."""

    def to_line(self) -> bytes:
        """Return what the lock file is to hold."""
        return orjson.dumps(asdict(self)) + b"\n"

    @classmethod
    def from_line(cls, content: bytes) -> LockHolder:
        """Return what a lock file says; nothing of what is garbled."""
        try:
            document = orjson.loads(content)
        except orjson.JSONDecodeError:
            return cls()
        if not isinstance(document, dict):
            return cls()
        flags = document.get("flags")
        return cls(
            pid=_number(document.get("pid")),
            started=_text(document.get("started")),
            project=_text(document.get("project")),
            host=_text(document.get("host")),
            supervisor=_number(document.get("supervisor")),
            file=_text(document.get("file")),
            flags=tuple(map(str, flags)) if isinstance(flags, list) else (),
            is_daemon=document.get("is_daemon") is True,
            manager=_text(document.get("manager")),
            restarts=_number(document.get("restarts")) or 0,
            last_exit=_text(document.get("last_exit")),
            next_start=_text(document.get("next_start")),
        )


def _number(value: object) -> int | None:
    return value if type(value) is int and value > 0 else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
