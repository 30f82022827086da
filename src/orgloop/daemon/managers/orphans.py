"""Collect, as process 1 of a container, what other processes have left behind when they ended.

A command may start processes that outlive it. The kernel gives those to process 1, and each stays
as an entry in the process table, once it has ended, until its new parent asks how. Twisted asks for
the processes that it has started, and for no others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from attrs import define, field
from twisted.internet.interfaces import IReactorTime
from twisted.internet.process import reapProcessHandlers
from twisted.internet.task import LoopingCall

_FIRST_PROCESS = 1
_LOOK_SECONDS = 2.0
_PROC = Path("/proc")


@define(eq=False)
class Orphans:
    """Look for dead children that nobody here has started.

    One is collected when it was there at the last look, too: until then somebody may ask for it who
    has started it without Twisted, such as a library in a thread.
    """

    _seen: frozenset[int] = field(default=frozenset(), init=False)

    def collect(self) -> None:
        """Look once."""
        dead = frozenset(_dead_children(os.getpid())) - reapProcessHandlers.keys()
        for pid in dead & self._seen:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        self._seen = dead - self._seen


def collect_orphans(clock: IReactorTime) -> None:
    """Collect them from now on, if this is process 1; elsewhere another process does."""
    if os.getpid() == _FIRST_PROCESS:
        loop = LoopingCall(Orphans().collect)
        loop.clock = clock
        loop.start(_LOOK_SECONDS)


def _dead_children(parent: int) -> Iterator[int]:
    for process in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            # The name of a program, in parentheses, may hold anything.
            state, its_parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
            if state == "Z" and int(its_parent) == parent:
                yield int(process.name)
