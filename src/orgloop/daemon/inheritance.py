"""What a runtime was handed by the process that started it."""

from __future__ import annotations

from attrs import frozen

from orgloop.daemon.channel import Channel
from orgloop.daemon.report import ReportPipe
from orgloop.storage.lock import HomeLock


@frozen(kw_only=True)
class Inheritance:
    """Nothing of it for a runtime that a person or a service manager has started."""

    lock: HomeLock | None = None
    """The lock, held already; with a supervisor."""
    channel: Channel | None = None
    """The way to the supervisor; it says when to go on."""
    report: ReportPipe | None = None
    """Where the command waits that started the daemon."""
    is_detached: bool = False
    """Whether the supervisor has left its terminal, and so this process too."""
    takes_over: bool = False
    """Whether it is to take the place of the runtime that has the home now."""
