"""Say which process has a TCP port, where the system tells."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_LISTENING = "0A"  # the state of a listening socket in /proc/net/tcp
_PROC = Path("/proc")


def listener_on(port: int, proc: Path = _PROC) -> str | None:
    """Return who listens on ``port``, as in ``process 123 (python)``, if it can be seen."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(port, proc)}
    if not wanted:
        return None
    for process in proc.iterdir():
        if process.name.isdigit() and not wanted.isdisjoint(_targets(process / "fd")):
            return f"process {process.name} ({_name(process)})"
    return None


def _inodes(port: int, proc: Path) -> Iterator[str]:
    for table in (proc / "net" / "tcp", proc / "net" / "tcp6"):
        try:
            lines = table.read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            _, local, _, state, *rest = line.split()
            if state == _LISTENING and int(local.rpartition(":")[2], 16) == port:
                yield rest[5]


def _targets(descriptors: Path) -> Iterator[str]:
    try:
        names = os.listdir(descriptors)
    except OSError:
        return  # another user's process, or one that has just ended
    for name in names:
        try:
            yield os.readlink(descriptors / name)
        except OSError:
            continue


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        return "?"
