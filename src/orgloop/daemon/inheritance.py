"""What a runtime was handed by the process that started it."""

from __future__ import annotations

from attrs import frozen

from orgloop.daemon.telling.link import SupervisorLink
from orgloop.daemon.telling.report import ReportPipe
from orgloop.daemon.telling.witness import IWitness
from orgloop.storage.lock import HomeLock


@frozen(kw_only=True)
class Inheritance:
    """Nothing of it for a runtime that a person or a service manager has started."""

    lock: HomeLock | None = None
    """The lock, held already; with a supervisor."""
    link: SupervisorLink | None = None
    """The way to the supervisor; it says when to go on."""
    report: ReportPipe | None = None
    """Where the command waits that started the daemon."""
    is_detached: bool = False
    """Whether the supervisor has left its terminal, and so this process too."""
    takes_over: bool = False
    """Whether it is to take the place of the runtime that has the home now."""

    @property
    def keeps_own_pid_file(self) -> bool:
        """Whether ``twistd`` would write the PID file before the home is this process's."""
        return self.link is not None or self.takes_over

    def witnesses(self) -> list[IWitness]:
        """Return those who wait for this process to be ready."""
        return [one for one in (self.link, self.report) if one is not None]
