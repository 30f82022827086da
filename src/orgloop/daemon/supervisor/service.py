"""The supervisor as one Twisted service: from the fork to the last file removed."""

from __future__ import annotations

import atexit
import contextlib
import os
import random
import time
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.logger import ILogObserver, Logger
from twisted.python.components import Componentized

from orgloop.daemon.leaving import leave_with
from orgloop.daemon.log import streams
from orgloop.daemon.managers.notifier import Notifier
from orgloop.daemon.managers.orphans import collect_orphans
from orgloop.daemon.managers.systemd import NotifySocket
from orgloop.daemon.succession.doorway import Doorway
from orgloop.daemon.supervisor import signals
from orgloop.daemon.supervisor.assignment import Assignment
from orgloop.daemon.supervisor.backoff import Pace, Restarts
from orgloop.daemon.supervisor.crew import Crew
from orgloop.daemon.supervisor.door import Door
from orgloop.daemon.supervisor.listeners import HeldListeners
from orgloop.daemon.supervisor.log import SupervisorLog
from orgloop.daemon.supervisor.news import News
from orgloop.daemon.supervisor.records import Records
from orgloop.daemon.supervisor.screen import Screen
from orgloop.daemon.supervisor.spawning import Spawning
from orgloop.daemon.supervisor.verdict import Judge
from orgloop.daemon.telling.witness import Witnesses
from orgloop.daemon.wallclock import now_ms
from orgloop.errors import OrgLoopError
from orgloop.storage.holder import LockHolder

_FAILED = 1
_SYSTEMD = "systemd"
_LIMIT_SECONDS = 2.0
"""How long the end of the process waits for a terminal that was stopped."""


class SupervisorService(Service):
    """Keep one runtime going. Nothing is opened before `privilegedStartService`."""

    name = "supervisor"
    _log = Logger()

    def __init__(self, assignment: Assignment, reactor: Any) -> None:
        self._assignment = assignment
        self._reactor = reactor
        self._witnesses = Witnesses([] if assignment.report is None else [assignment.report])
        self._screen = None if assignment.is_daemon else Screen()
        self._show = None if self._screen is None else self._screen.write
        path = assignment.home.application_log
        self._supervisor_log = SupervisorLog(path, assignment.environ, self._show)

    def setServiceParent(self, parent: Any) -> None:
        """Say where to log."""
        super().setServiceParent(parent)
        if isinstance(parent, Componentized):
            parent.setComponent(ILogObserver, self._supervisor_log)

    def privilegedStartService(self) -> None:
        """Take the process over, after ``twistd`` has forked: streams, log, lock, door."""
        super().privilegedStartService()
        streams.keep_own()
        if self._screen is not None:
            self._screen.open()
            atexit.register(self._show_the_rest)
        self._crew = self._new_crew(Restarts(Pace.from_environ(os.environ), random.random))
        self._heed_signals()
        try:
            self._take_over()
        except OrgLoopError as error:
            self._refuse(error)

    def startService(self) -> None:
        """Start the first runtime as soon as the reactor turns."""
        super().startService()
        self._reactor.callWhenRunning(self._begin)

    def _new_crew(self, restarts: Restarts) -> Crew:
        told, systemd = self._assignment, self._assignment.systemd
        manager = _SYSTEMD if systemd.is_manager else None
        holder = LockHolder(
            supervisor=os.getpid(), flags=told.flags, is_daemon=told.is_daemon, manager=manager
        )
        spawning = Spawning(
            reactor=self._reactor,
            home=told.home,
            lock=told.lock,
            flags=told.flags,
            environ=told.environ,
            show=self._show,
            restarts=restarts,
        )
        return Crew(
            start=spawning.start,
            clock=self._reactor,
            judged_by=Judge(restarts),
            news=News(self._witnesses),
            records=Records(home=told.home, lock=told.lock, holder=holder, now_ms=now_ms),
            listeners=HeldListeners(tuple(systemd.listeners), dict(systemd.listeners)),
            manager=manager,
            speak=self._supervisor_log.speak,
            gone=self._gone,
        )

    def _take_over(self) -> None:
        told = self._assignment
        if told.is_daemon:
            files = told.home.daemon_stdout, told.home.daemon_stderr
            # The runtime writes to the same files, and moves them aside for both.
            streams.Redirection(*files, self._reactor, moves_aside=False).begin()
        with contextlib.suppress(OSError):
            told.home.supervisor_pid_file.chmod(0o600)  # twistd made it as the umask would have it
        told.lock.write(self._crew.records.holder)
        self._doorway = Doorway(
            told.home.handover_socket, self._reactor, Door(self._crew.machine).hear
        )
        self._doorway.open()

    def _refuse(self, error: OrgLoopError) -> None:
        """End before the reactor has turned."""
        self._log.error("the start failed: {error}", error=error)
        self._witnesses.failed(_FAILED, [f"orgloop: {error}"])
        # twistd removes it only after an ordinary exception, which it shows as a traceback.
        self._assignment.home.supervisor_pid_file.unlink(missing_ok=True)
        raise SystemExit(_FAILED)

    def _begin(self) -> None:
        self._heed_signals()
        collect_orphans(self._reactor)
        address = self._assignment.systemd.notify_address
        if address is not None:
            notifier = self._notifier(NotifySocket.at(address))
            self._witnesses.add(notifier)
            notifier.starting()
        self._crew.machine.begin()

    def _notifier(self, socket: NotifySocket) -> Notifier:
        """Return who tells systemd: it watches this process, which watches the runtime."""
        return Notifier(
            tell=socket.tell,
            watchdog_seconds=self._assignment.systemd.watchdog_seconds,
            clock=self._reactor,
            status=self._crew.status,
            is_well=lambda: True,
            monotonic_ns=time.monotonic_ns,
        )

    def _heed_signals(self) -> None:
        signals.install(
            self._reactor,
            stop=self._crew.machine.stop,
            pass_on=self._crew.pass_on,
            reload=self._not_reloaded,
        )

    def _not_reloaded(self) -> None:
        self._witnesses.reloading()
        self._log.warn("SIGHUP: the project is not read anew; `orgloop restart` does that")

    def _gone(self, exit_code: int) -> None:
        self._doorway.close()
        Deferred.fromCoroutine(self._leave(exit_code)).addErrback(self._cannot_leave)

    async def _leave(self, exit_code: int) -> None:
        await self._witnesses.stopped()
        leave_with(exit_code, self._show_the_rest)
        with contextlib.suppress(ReactorNotRunning):
            self._reactor.stop()

    def _show_the_rest(self) -> None:
        if self._screen is not None:
            self._screen.close(_LIMIT_SECONDS)

    def _cannot_leave(self, failure: Any) -> None:
        self._log.failure("the way out is blocked", failure)
