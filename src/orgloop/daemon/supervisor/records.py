"""What the home says of a supervisor and of its runtimes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from attrs import define, evolve
from twisted.logger import Logger

from orgloop.daemon.supervisor.backoff import Restarts
from orgloop.daemon.supervisor.crash import CrashRecord
from orgloop.daemon.supervisor.ending import Ending
from orgloop.daemon.supervisor.roles import Introduction
from orgloop.errors import StorageUnavailable
from orgloop.storage.atomic import write_atomically
from orgloop.storage.holder import LockHolder
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock
from orgloop.times import to_iso


@define(eq=False, kw_only=True)
class Records:
    """A disk that refuses costs a record, never the supervisor."""

    _log = Logger()

    home: Home
    lock: HomeLock
    holder: LockHolder
    """What the lock says while no runtime has it."""
    now_ms: Callable[[], int]

    def meet(self, runtime: Introduction) -> None:
        """Remember what is supervised."""
        self.holder = evolve(
            self.holder, project=runtime.project, file=runtime.file, host=runtime.host
        )

    def nobody_runs(
        self, restarts: int, last_exit: Ending | None, pause_seconds: float | None = None
    ) -> None:
        """Say that only the supervisor is there, and when it starts the next runtime."""
        holder = evolve(
            self.holder,
            restarts=restarts,
            last_exit=None if last_exit is None else str(last_exit),
            next_start=None if pause_seconds is None else self._in(pause_seconds),
        )
        with self._as_far_as_possible("the lock says who ran last"):
            self.lock.write(holder)
        self._remove(self.home.pid_file)

    def alive(self, *, pid: int, uptime_ms: int, restarts: int) -> None:
        """Write the heartbeat: the runtime's reactor turns."""
        document = {
            "timestamp": to_iso(self.now_ms()),
            "pid": pid,
            "uptime_ms": uptime_ms,
            "supervisor_pid": self.holder.supervisor,
            "restarts": restarts,
        }
        with self._as_far_as_possible("no heartbeat"):
            write_atomically(self.home.heartbeat, orjson.dumps(document) + b"\n")

    def recovered(self) -> None:
        """Forget why an earlier supervisor gave up."""
        self._remove(self.home.crash_record)

    def gave_up(self, ending: Ending, reason: str, restarts: Restarts) -> None:
        """Leave behind why nothing runs."""
        record = CrashRecord(
            time=to_iso(self.now_ms()),
            reason=reason,
            exit=str(ending),
            restarts=restarts.within_window,
            window=str(restarts.pace.window),
            stderr=ending.stderr,
        )
        with self._as_far_as_possible("no crash record"):
            record.write(self.home.crash_record)

    def clear(self) -> None:
        """Leave nothing behind that says that something runs."""
        for file in (self.home.heartbeat, self.home.pid_file, self.home.port_file):
            self._remove(file)

    def _in(self, seconds: float) -> str:
        return to_iso(self.now_ms() + round(seconds * 1000))

    def _remove(self, file: Path) -> None:
        with self._as_far_as_possible(f"{file} cannot be removed"):
            file.unlink(missing_ok=True)

    @contextmanager
    def _as_far_as_possible(self, what: str) -> Iterator[None]:
        try:
            yield
        except (OSError, StorageUnavailable) as error:
            self._log.warn("{what}: {error}", what=what, error=str(error))
