"""``twistd orgloop``: check everything that can be checked before the process forks."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from twisted.application.service import IService
from twisted.python.usage import Options as TwistedOptions

from orgloop.config.problems import ProjectInvalid
from orgloop.daemon import signals
from orgloop.daemon.flags import Flags
from orgloop.daemon.inheritance import Inheritance
from orgloop.daemon.log.standard import open_missing
from orgloop.daemon.managers.systemd import Systemd
from orgloop.daemon.preflight import PreFlight
from orgloop.daemon.prepared import Prepared
from orgloop.daemon.privileges import Heir
from orgloop.daemon.steady import measure_steadily
from orgloop.daemon.surroundings import Surroundings
from orgloop.daemon.wallclock import now_ms
from orgloop.errors import OrgLoopError
from orgloop.printable import printable

_TWISTDS_OWN_PID_FILE = "twistd.pid"
_FAILED = 1
_INVALID_PROJECT = 4
# A thread that has committed waits for the interpreter, and the answer to the event with it. With a
# tenth of the usual 5 ms the slowest answers take half as long, for a few per cent more CPU.
_SWITCH_SECONDS = 0.0005


class Options(TwistedOptions):
    """What ``twistd orgloop`` takes; the same for ``orgloop start``."""

    synopsis = "Usage: twistd [twistd options] orgloop [options]"
    longdesc = "Run an OrgLoop project. Options beat ORGLOOP_* variables, which beat orgloop.yaml."
    optParameters: list[Any] = [
        ["project", "c", None, "orgloop.yaml or its directory [default: here and above]"],
        ["home", None, None, "where the runtime keeps its files [default: ~/.orgloop]"],
        ["host", None, None, "address to listen on [default: 127.0.0.1]"],
        ["port", None, None, "port to listen on, 0 for a free one [default: 4800]"],
        ["grace", None, None, "how long a stop waits for what is under way [default: 30s]"],
        ["log-level", None, None, "debug, info, warn or error [default: info]"],
        ["log-format", None, None, "text or json [default: json in the file, text elsewhere]"],
        ["cursor", None, None, "where a lost queue begins: start, end or a sequence number"],
    ]
    optFlags: list[Any] = [["force", None, "start although the pre-flight found errors"]]
    parent: Any
    """``twistd``'s own options."""
    prepared: Prepared
    surroundings: Surroundings

    def postOptions(self) -> None:
        """Take the lock and check the project: what is wrong is said before anything begins."""
        open_missing()
        inherited = self.inheritance()
        signals.end_at_once(partial(self._clean_up, inherited))
        try:
            systemd = Systemd.taken_from(os.environ, os.getpid())
            environ = dict(os.environ)
            self.prepared = Prepared.from_flags(Flags.of(self), environ, inherited, os.getpid())
        except ProjectInvalid as error:
            lines = [*map(str, error.errors), _invalid(len(error.errors))]
            _leave(inherited, _INVALID_PROJECT, lines)
        except OrgLoopError as error:
            _leave(inherited, _FAILED, [f"orgloop: {error}"])
        flight = self._pre_flight(inherited)
        warnings = [
            f"warning: {warning}" for warning in (*self.prepared.warnings, *flight.warnings)
        ]
        _say(inherited, warnings)
        self.surroundings = Surroundings(
            is_daemon=inherited.is_detached
            or not (self.parent["nodaemon"] or self.parent["debug"]),
            logs_elsewhere=any(self.parent[name] for name in ("logfile", "syslog", "logger")),
            pid_file=self._settle_pid_file(inherited),
            inherited=inherited,
            systemd=systemd,
            warnings=tuple(warnings),
            heir=Heir(self.parent["uid"], self.parent["gid"]),
            is_forced=bool(self["force"]),
        )
        if inherited.link is not None:
            inherited.link.prepared(self.prepared.definition)

    def refuse(self, lines: Sequence[str]) -> None:
        """Say why the start ends, to whoever waits for it."""
        _refuse(self.surroundings.inherited, _FAILED, lines)

    def _clean_up(self, inherited: Inheritance, reason: str) -> None:
        """Leave nothing behind, and nobody waiting, when a signal ends the start."""
        for witness in inherited.witnesses():
            witness.stopping(reason)
        pid_file = Path(self.parent["pidfile"])
        if pid_file.is_file() and pid_file.read_bytes() == b"%d" % os.getpid():
            pid_file.unlink()
        if (waiting := self.parent.get("statusPipe")) is not None:
            os.write(waiting, f"1 stopped: {reason}".encode())

    def inheritance(self) -> Inheritance:
        """Return what another process has handed over: nothing, to one that was not launched."""
        return Inheritance()

    def _pre_flight(self, inherited: Inheritance) -> PreFlight:
        """Look at what the runtime depends on; what is in error ends the process here."""
        if self["force"]:
            return PreFlight()
        flight = PreFlight.of(self.prepared, now_ms)
        if flight.errors:
            _leave(inherited, _FAILED, flight.complaint())
        return flight

    def _settle_pid_file(self, inherited: Inheritance) -> str:
        """Have ``twistd`` keep its PID file in the home, unless it was told where.

        An older one proves nothing, for the lock is ours; ``twistd`` would stop at it. Where the
        home is not this process's yet, ``twistd`` keeps none.
        """
        if inherited.keeps_own_pid_file:
            self.parent["pidfile"] = ""
        elif self.parent["pidfile"] == _TWISTDS_OWN_PID_FILE:
            file = self.prepared.home.pid_file
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                lines = [f"orgloop: {error.strerror}: {file}; remove what is there"]
                _leave(inherited, _FAILED, lines)
            self.parent["pidfile"] = str(file)
        return str(self.parent["pidfile"])


def makeService(options: Options) -> IService:
    """Return the service that runs what `Options` has prepared; called before the forks."""
    from twisted.internet import reactor

    from orgloop.daemon.service import RuntimeService

    measure_steadily(reactor)
    sys.setswitchinterval(_SWITCH_SECONDS)
    service: Any = RuntimeService(options.prepared, options.surroundings, reactor)
    made: IService = service
    return made


def _invalid(count: int) -> str:
    return (
        f"orgloop: the project cannot be started ({count} {'error' if count == 1 else 'errors'}); "
        "`orgloop validate` checks it again"
    )


def _leave(inherited: Inheritance, code: int, lines: Sequence[str]) -> NoReturn:
    _refuse(inherited, code, lines)
    raise SystemExit(code)


def _refuse(inherited: Inheritance, code: int, lines: Sequence[str]) -> None:
    for witness in inherited.witnesses():
        witness.failed(code, lines)
    _say(inherited, lines)


def _say(inherited: Inheritance, lines: Sequence[str]) -> None:
    """Write to standard error, unless a command waits that will say it."""
    if inherited.report is None:
        for line in lines:
            sys.stderr.write(f"{printable(line)}\n")
