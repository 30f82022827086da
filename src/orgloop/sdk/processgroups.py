"""Know and end the process groups that OrgLoop began, and never anyone else's.

A PID alone proves nothing: it may have been given to a stranger since. A process is known by its
PID together with the moment it was started.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

_PROC = Path("/proc")
_POLL_SECONDS = 0.05
_KILL_TAKES_SECONDS = 2.0


def start_of(pid: int) -> str:
    """Return when a process was started, in a form that no other process of that PID ever has.

    It is the machine's boot and the kernel's tick since (field 22 of ``/proc/<pid>/stat``); empty
    where there is no such process, or no ``/proc``.
    """
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}:{_fields_from_3(pid)[22 - 3]}"
    except OSError:
        return ""


def process_is(pid: int, started: str) -> bool:
    """Whether the process that was started then (`start_of`) still goes by this PID."""
    return bool(started) and start_of(pid) == started


def is_foreign_group(group: int) -> bool:
    """Whether a process group is not ours: only such a one may be signalled."""
    return group > 1 and group != os.getpgrp()


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a whole group; say whether there was one. Ours is never signalled."""
    if not is_foreign_group(group):
        return False
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


async def end_process_group(
    pid: int, started: str, clock: IReactorTime, *, kill_grace_seconds: float = 5.0
) -> bool:
    """End a group that an earlier runtime left behind; say whether there was one.

    ``pid`` and ``started`` are those of its leader (`IDeliveryQueue.note_process`). Nothing is
    signalled unless that very process is still there and leads a group of its own.
    """
    if not process_is(pid, started) or not _leads_its_group(pid):
        return False
    await terminate_group(pid, clock, kill_grace_seconds=kill_grace_seconds)
    return True


async def terminate_group(group: int, clock: IReactorTime, *, kill_grace_seconds: float) -> None:
    """Send SIGTERM to a group, SIGKILL to what is left after the grace; return when it is gone."""
    try:
        if signal_group(group, signal.SIGTERM):
            await _gone(group, clock, kill_grace_seconds)
    finally:
        # Also when we are cancelled meanwhile: whoever waits no longer wants no survivors.
        killed = signal_group(group, signal.SIGKILL)
    if killed:
        await _gone(group, clock, _KILL_TAKES_SECONDS)


async def _gone(group: int, clock: IReactorTime, limit_seconds: float) -> None:
    deadline = clock.seconds() + limit_seconds
    while group_is_alive(group) and clock.seconds() < deadline:
        await _pause(clock, _POLL_SECONDS)


def group_is_alive(group: int) -> bool:
    """Whether a group has members that are more than zombies.

    Where nobody collects orphans promptly (a container without an init), zombies stay.
    """
    if not signal_group(group, 0):
        return False
    try:
        pids = [int(entry) for entry in os.listdir(_PROC) if entry.isdigit()]
    except OSError:
        return True
    return any(_is_live_member(pid, group) for pid in pids)


def _is_live_member(pid: int, group: int) -> bool:
    try:
        state, _parent, of_group, *_ = _fields_from_3(pid)
    except OSError:
        return False
    return int(of_group) == group and state not in "ZX"


def _fields_from_3(pid: int) -> list[str]:
    """Return ``/proc/<pid>/stat`` from field 3 on.

    The name in field 2 may hold blanks and parentheses, so fields are counted from its end.
    """
    stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    return stat.rpartition(")")[2].split()


def _leads_its_group(pid: int) -> bool:
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False


def _pause(clock: IReactorTime, seconds: float) -> Deferred[None]:
    pause: Deferred[None] = Deferred(lambda _: call.cancel())
    call = clock.callLater(seconds, pause.callback, None)
    return pause
