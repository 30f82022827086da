"""What a process that was killed left in the home, and nobody is left to remove."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from orgloop.errors import AlreadyRunning
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder


def signs_of_life(home: Home) -> tuple[Path, ...]:
    """Return the files that say that something runs."""
    return (
        home.pid_file,
        home.supervisor_pid_file,
        home.port_file,
        home.heartbeat,
        home.handover_socket,
    )


def remove_traces(home: Home) -> None:
    """Remove the files that say that something runs, unless something does by now.

    The lock is held meanwhile: nobody's files but those of the dead are removed.
    """
    with suppress(AlreadyRunning):
        lock = HomeLock.acquire(home, LockHolder(pid=os.getpid()))
        try:
            for file in signs_of_life(home):
                with suppress(OSError):
                    file.unlink(missing_ok=True)
        finally:
            lock.release()
