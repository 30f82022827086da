"""Wait until it is this process's turn to run the project."""

from __future__ import annotations

import os
from collections.abc import Mapping

from attrs import field, frozen

from orgloop.daemon.prepared import Prepared
from orgloop.daemon.succession.takeover import take_over
from orgloop.daemon.surroundings import Surroundings
from orgloop.http.listen import InheritedListener
from orgloop.runtime.supervision import Supervision
from orgloop.storage.lock import HomeLock

_SYSTEMD = "systemd"


@frozen(kw_only=True)
class Turn:
    """What is in the hands of a process whose turn has come."""

    lock: HomeLock
    supervision: Supervision | None = None
    manager: str | None = None
    """The service manager that started it, or its supervisor; see `LockHolder.manager`."""
    listeners: Mapping[str, InheritedListener] = field(factory=dict)
    """Sockets that listen already, by what they are for: ``http``, ``webhooks``."""

    @property
    def is_activated(self) -> bool:
        """Whether a service manager listens, and goes on to when this process has ended."""
        return any(listener.is_final for listener in self.listeners.values())


def await_turn(prepared: Prepared, surroundings: Surroundings) -> Turn:
    """Block until the supervisor says to begin, or the runtime to be replaced is gone.

    Raises `ChannelClosed` if the first, `OrgLoopError` if the second will never be. Nothing may be
    open yet: a runtime that stands by shares its home with the one that still runs.
    """
    systemd, link = surroundings.systemd, surroundings.inherited.link
    if link is not None:
        begun = link.wait()
        return Turn(
            lock=prepared.held_lock(),
            supervision=begun.supervision,
            manager=begun.manager,
            listeners=begun.listeners,
        )
    if surroundings.inherited.takes_over:
        taken = take_over(prepared.home, os.getpid())
        return Turn(lock=taken.lock, listeners=taken.listeners)
    return Turn(
        lock=prepared.held_lock(),
        manager=_SYSTEMD if systemd.is_manager else None,
        listeners={
            name: InheritedListener(descriptor, is_final=True)
            for name, descriptor in systemd.listeners.items()
        },
    )
