"""Find out which process listens on a TCP port."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

_LISTENING = "0A"  # TCP_LISTEN in /proc/net/tcp
_PROC = Path("/proc")


@frozen
class PortHolder:
    """A process that listens; ``command`` is safe to be shown."""

    pid: int
    command: str

    def __str__(self) -> str:
        shown = f" ({self.command})" if self.command else ""
        return f"process {self.pid}{shown}"


def port_holder(port: int) -> PortHolder | None:
    """Return a process that listens on a port, where the kernel lets this user see one."""
    return next(port_holders(port), None)


def port_holders(port: int) -> Iterator[PortHolder]:
    """Yield the processes that listen on a port: several, if the socket was handed on."""
    wanted = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in _PROC.glob("[0-9]*") if wanted else ():
        if _holds(process, wanted):
            yield PortHolder(int(process.name), _command_of(process))


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
    return "".join(letter if letter.isprintable() else "?" for letter in text[:80])
