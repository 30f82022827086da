"""``twistd supervisor``: take the home before the process forks. Started by us, never by hand."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twisted.application.service import IService
from twisted.python.usage import Options as TwistedOptions

from orgloop.daemon.managers.systemd import Systemd
from orgloop.daemon.steady import measure_steadily
from orgloop.daemon.supervisor.assignment import Assignment
from orgloop.daemon.telling.report import ReportPipe
from orgloop.errors import OrgLoopError
from orgloop.printable import printable
from orgloop.storage.holder import LockHolder
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock

_FAILED = 1


class Options(TwistedOptions):
    """What `orgloop.daemon.launch.supervisor_command` says."""

    synopsis = "Usage: supervisor --home DIRECTORY [options] -- [flags of the runtime]"
    optParameters: list[Any] = [
        ["home", None, None, "where the runtime keeps its files"],
        ["report-fd", None, None, "where the starting command waits", int],
    ]
    parent: Any
    """``twistd``'s own options."""
    flags: tuple[str, ...] = ()
    assignment: Assignment

    def parseArgs(self, *flags: str) -> None:
        """Take what is meant for the runtimes."""
        self.flags = flags

    def postOptions(self) -> None:
        """Take the lock, or say who has it."""
        descriptor = self["report-fd"]
        report = None if descriptor is None else ReportPipe.inherited(descriptor)
        home = Home(Path(self["home"]))
        try:
            systemd = Systemd.taken_from(os.environ, os.getpid())
            home.create()
            lock = HomeLock.acquire(home, LockHolder(supervisor=os.getpid()))
            self._settle_pid_file(home)
        except (OrgLoopError, OSError) as error:
            _refuse(report, [f"orgloop: {error}"])
            raise SystemExit(_FAILED) from error
        self.assignment = Assignment(
            home=home,
            lock=lock,
            flags=self.flags,
            environ=dict(os.environ),
            is_daemon=not (self.parent["nodaemon"] or self.parent["debug"]),
            systemd=systemd,
            report=report,
        )

    def refuse(self, lines: Sequence[str]) -> None:
        """Say why the start ends, to whoever waits for it."""
        _refuse(self.assignment.report, lines)

    def _settle_pid_file(self, home: Home) -> None:
        """Have ``twistd`` keep its PID file in the home; an older one proves nothing."""
        home.supervisor_pid_file.unlink(missing_ok=True)
        self.parent["pidfile"] = str(home.supervisor_pid_file)


def makeService(options: Options) -> IService:
    """Return the service that keeps a runtime going; called before the forks."""
    from twisted.internet import reactor

    from orgloop.daemon.supervisor.service import SupervisorService

    measure_steadily(reactor)
    service: Any = SupervisorService(options.assignment, reactor)
    made: IService = service
    return made


def _refuse(report: ReportPipe | None, lines: Sequence[str]) -> None:
    if report is not None:
        report.failed(_FAILED, lines)
    else:
        for line in lines:
            sys.stderr.write(f"{printable(line)}\n")
