"""Signal processes and wait for their end, without ever taking a stranger for one of them."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from attrs import define, field

from orgloop.cli.failing import CommandFailed
from orgloop.storage.home import Home
from orgloop.storage.ownership import owner_of

_PAUSE_SECONDS = 0.05


def send(home: Home, pid: int, number: signal.Signals) -> None:
    """Signal a process that has the home; nothing if it has it no more.

    Raises `CommandFailed` if that is not allowed.
    """
    try:
        process = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    except ProcessLookupError:
        return
    try:
        # Asked only now: a PID that is held cannot become another process's.
        owner = owner_of(home)
        if owner is None or pid not in owner.pids:
            return
        if process is not None:
            signal.pidfd_send_signal(process, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise CommandFailed(
            f"process {pid} may not be signalled: it belongs to someone else",
            hint="stop it as the user who started it",
        ) from error
    finally:
        if process is not None:
            os.close(process)


def is_suspended(pid: int) -> bool:
    """Return whether a process stands still until somebody lets it go on (``SIGSTOP``)."""
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "tT"
    return False


@define
class Watch:
    """Wait for the end of processes, to the instant where the kernel tells of it."""

    _watched: dict[int, int] = field(factory=dict)
    """From PID to descriptor."""

    def add(self, pids: Iterable[int]) -> None:
        """Watch these too."""
        if hasattr(os, "pidfd_open"):
            for pid in set(pids) - self._watched.keys():
                with suppress(OSError):
                    self._watched[pid] = os.pidfd_open(pid)

    def wait(self, seconds: float) -> None:
        """Return when one of them ends, after ``seconds`` at the latest."""
        if not self._watched:
            time.sleep(min(seconds, _PAUSE_SECONDS))
            return
        waiting = select.poll()
        for descriptor in self._watched.values():
            waiting.register(descriptor, select.POLLIN)
        ended = {descriptor for descriptor, _ in waiting.poll(seconds * 1000)}
        for pid, descriptor in list(self._watched.items()):
            if descriptor in ended:
                os.close(self._watched.pop(pid))

    def close(self) -> None:
        """Watch nobody any more."""
        while self._watched:
            os.close(self._watched.popitem()[1])
