"""Count what is left of a runtime: processes, files that say it runs, its port, its lock."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from attrs import frozen

# What stays in a home when nothing runs; anything else says that something does.
LASTING = {
    "orgloop.lock",
    "runtime.id",
    "control.token",
    "state.json",
    "crash.json",
    "config.yaml",
    "spool",
    "logs",
    "data",
}


@frozen
class Census:
    """What there is of a runtime."""

    processes: tuple[str, ...] = ()
    """The command lines of those that have to do with its directory."""
    files: tuple[str, ...] = ()
    """Those in the home that are there only while it runs, and write-ahead logs."""
    port_answers: bool = False
    lock_is_held: bool = False


NOTHING_LEFT = Census()


def census(place: Path, home: Path, port: int | None) -> Census:
    """Count what there is now; ``place`` is the directory that is its own, ``home`` is in there."""
    return Census(
        processes=tuple(sorted(processes_of(place).values())),
        files=tuple(sorted(_passing_files(home))),
        port_answers=port is not None and answers(port),
        lock_is_held=is_locked(home / "orgloop.lock"),
    )


def processes_of(place: Path) -> dict[int, str]:
    """Return PID and command line of the processes that name a directory, are in it or use it.

    Not the one that asks, and none that has ended and only waits to be noticed.
    """
    sought = os.fsencode(place)
    others = (
        entry
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and int(entry.name) != os.getpid()
    )
    return {
        int(entry.name): _command(entry)
        for entry in others
        if any(_is_within(sought, named) for named in _names(entry))
    }


def answers(port: int) -> bool:
    """Say whether somebody accepts connections at a port of this machine."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def is_locked(file: Path) -> bool:
    """Say whether anybody holds the lock; a start that comes upon the test of it waits a moment."""
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def private_megabytes(pid: int) -> float:
    """Return the memory that a process has for itself (``RssAnon``), in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise AssertionError(f"process {pid} has no memory of its own")


def _is_within(place: bytes, named: bytes) -> bool:
    begin = named.find(place)
    return begin >= 0 and named[begin + len(place) : begin + len(place) + 1] in b"/ \0"


def _command(process: Path) -> str:
    with suppress(OSError):
        return os.fsdecode((process / "cmdline").read_bytes().replace(b"\0", b" ")).strip()
    return ""


def _names(process: Path) -> Iterator[bytes]:
    # One that is ending has no command line and no environment any more, but still its files.
    for name in ("cmdline", "environ"):
        with suppress(OSError):
            yield (process / name).read_bytes()
    with suppress(OSError):
        yield os.fsencode(os.readlink(process / "cwd"))
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                yield os.fsencode(os.readlink(descriptor))


def _passing_files(home: Path) -> Iterator[str]:
    if home.is_dir():
        yield from (one.name for one in home.iterdir() if one.name not in LASTING)
        for file in (home / "data").rglob("*"):
            if file.name.endswith((".db-wal", ".db-shm", ".tmp")):
                yield str(file.relative_to(home))
