"""Who really has a home: the kernel is asked, and what the lock's content says is only a hint.

A PID in a file may be garbled, stale, or by now a stranger's. On Linux ``/proc`` tells of every
process which locks its descriptors carry, so a process is taken for the home's only if it holds the
lock. Elsewhere the content has to be believed, while somebody holds the lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from attrs import frozen

from orgloop.storage.holder import LockHolder
from orgloop.storage.home import Home
from orgloop.storage.lock import holder_of

_PROC = Path("/proc")
# What whoever has a home holds, and a mere test of the lock does not; see `orgloop.storage.lock`.
_ON_FILE, _ON_DIRECTORY = "WRITE", "READ"

Inode = tuple[int, int]


@frozen(kw_only=True)
class Ownership:
    """The processes that have a home."""

    holder: LockHolder
    """What the lock says."""
    runtime: int | None
    """`None` while the supervisor has none, and when it cannot be seen."""
    supervisor: int | None

    @property
    def pids(self) -> tuple[int, ...]:
        """The supervisor before the runtime, which it would start again."""
        return tuple(pid for pid in (self.supervisor, self.runtime) if pid is not None)


def owner_of(home: Home) -> Ownership | None:
    """Return who has a home, `None` if nobody does."""
    holder = holder_of(home)
    if holder is None:
        return None
    told = {pid: owns(pid, home) for pid in (holder.pid, holder.supervisor) if pid is not None}
    if not told or not all(told.values()):
        owners = {pid: _parent(pid) for pid in _processes() if owns(pid, home)}
        if owners:
            return _roles(holder, owners)
    # A process that may not be looked at is believed to be the one, for want of another.
    believed = {pid for pid, is_owner in told.items() if is_owner is not False}
    return Ownership(
        holder=holder,
        runtime=holder.pid if holder.pid in believed else None,
        supervisor=holder.supervisor if holder.supervisor in believed else None,
    )


def owns(pid: int, home: Home) -> bool | None:
    """Return whether a process holds the home's lock; `None` where the kernel does not tell."""
    if not (_PROC / "self" / "fdinfo").is_dir():
        return None
    try:
        return _holds(pid, _locked(home))
    except FileNotFoundError:
        return False
    except OSError:
        return None


def names_of(pid: int) -> frozenset[int]:
    """Return the PIDs a process has, also those in the containers it lives in."""
    with suppress(OSError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return frozenset({pid, *map(int, line.split()[1:])})
    return frozenset({pid})


def user_of(pid: int) -> int | None:
    """Return the user as which a process acts; `None` where the kernel does not tell."""
    with suppress(OSError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("Uid:"):
                return int(line.split()[2])
    return None


def _roles(holder: LockHolder, owners: dict[int, int | None]) -> Ownership:
    """Tell owners (PID to parent) apart: the one that is another's parent supervises it."""
    supervisor = next((pid for pid in owners if pid in owners.values()), None)
    if supervisor is None and holder.supervisor in owners:
        supervisor = holder.supervisor
    others = [pid for pid in sorted(owners) if pid != supervisor]
    runtime = holder.pid if holder.pid in others else next(iter(others), None)
    return Ownership(holder=holder, runtime=runtime, supervisor=supervisor)


def _locked(home: Home) -> dict[Inode, str]:
    """Return the kind of lock that an owner has, by what it is on."""
    found: dict[Inode, str] = {}
    for path, kind in ((home.lock, _ON_FILE), (home.root, _ON_DIRECTORY)):
        with suppress(OSError):
            status = path.stat()
            found[status.st_dev, status.st_ino] = kind
    return found


def _holds(pid: int, locked: dict[Inode, str]) -> bool:
    directory = _PROC / str(pid) / "fd"
    for name in sorted(os.listdir(directory), key=int):
        with suppress(OSError):  # closed in the meantime
            status = os.stat(directory / name)
            kind = locked.get((status.st_dev, status.st_ino))
            if kind is not None and kind in _flocks(pid, name):
                return True
    return False


def _flocks(pid: int, descriptor: str) -> set[str]:
    """Return the kinds of ``flock`` that a descriptor carries."""
    lines = (_PROC / str(pid) / "fdinfo" / descriptor).read_text().splitlines()
    words = [line.split() for line in lines if line.startswith("lock:")]
    return {fields[4] for fields in words if fields[2] == "FLOCK"}


def _processes() -> Iterator[int]:
    with suppress(OSError):
        yield from (int(name) for name in os.listdir(_PROC) if name.isdigit())


def _parent(pid: int) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        # The name of the program, in parentheses, may hold anything.
        return int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    return None
