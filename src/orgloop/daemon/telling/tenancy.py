"""Say whose the home is, in the files that others look at: the lock and the PID file."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from attrs import define

from orgloop.daemon.prepared import Prepared
from orgloop.daemon.succession.turn import Turn
from orgloop.daemon.surroundings import Surroundings
from orgloop.daemon.telling.pidfile import PIDFile
from orgloop.daemon.telling.witness import Witnesses
from orgloop.errors import OrgLoopError
from orgloop.storage.lock import LockHolder
from orgloop.times import to_iso


@define(eq=False)
class Tenancy:
    """The signs of one process, from when its turn has come."""

    prepared: Prepared
    surroundings: Surroundings
    turn: Turn
    now_ms: Callable[[], int]

    def sign_in(self, witnesses: Witnesses) -> None:
        """Say that this process has the home; what is to be taken back is told of the stop.

        Raises `StorageUnavailable` if the disk refuses.
        """
        if self.turn.supervision is None:
            self._remove_signs_of_supervisor()
        self._write_lock()
        if self.surroundings.inherited.keeps_own_pid_file:
            pid_file = PIDFile(self.prepared.home.pid_file, os.getpid())
            pid_file.write()
            witnesses.add(pid_file)
        elif self.surroundings.pid_file:
            # twistd made it as the umask would have it.
            with suppress(OSError):
                Path(self.surroundings.pid_file).chmod(0o600)

    def outlive_supervisor(self) -> None:
        """Take back what says that there is a supervisor, as far as the disk lets one."""
        self._remove_signs_of_supervisor()
        with suppress(OrgLoopError):
            self._write_lock()

    def _remove_signs_of_supervisor(self) -> None:
        """Do what a supervisor would have done at its end: the lock says that there is none."""
        home = self.prepared.home
        for file in (home.supervisor_pid_file, home.handover_socket, home.heartbeat):
            with suppress(OSError):
                file.unlink(missing_ok=True)

    def _write_lock(self) -> None:
        definition, supervision = self.prepared.definition, self.turn.supervision
        is_supervised = supervision is not None and not supervision.is_gone
        self.turn.lock.write(
            LockHolder(
                pid=os.getpid(),
                started=to_iso(self.now_ms()),
                project=definition.name,
                host=definition.http.host,
                supervisor=supervision.supervisor_pid if supervision and is_supervised else None,
                file=str(definition.file),
                flags=self.prepared.flags.remembered(),
                is_daemon=self.surroundings.is_daemon,
                manager=self.turn.manager,
                restarts=supervision.restarts if supervision else 0,
                last_exit=supervision.last_exit if supervision else None,
            )
        )
