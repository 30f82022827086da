"""``twistd orgloop``: check everything that can be checked before the process forks."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from twisted.application.service import IService
from twisted.python.usage import Options as TwistedOptions

from orgloop.config.load import load_project
from orgloop.config.model import ProjectDefinition
from orgloop.config.problems import ProjectInvalid
from orgloop.daemon.locating import project_file
from orgloop.daemon.prepared import Prepared
from orgloop.daemon.settings import personal_defaults, settings_of
from orgloop.errors import OrgLoopError
from orgloop.sdk.printable import printable
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder

_TWISTDS_OWN_PID_FILE = "twistd.pid"
_FAILED = 1
_INVALID_PROJECT = 4


class Options(TwistedOptions):
    """What ``twistd orgloop`` takes; the same for ``orgloop start``."""

    synopsis = "Usage: twistd [twistd options] orgloop [options]"
    longdesc = "Run an OrgLoop project. Options beat ORGLOOP_* variables, which beat orgloop.yaml."
    optParameters = [
        ["project", "c", None, "orgloop.yaml or its directory [default: here and above]"],
        ["home", None, None, "where the runtime keeps its files [default: ~/.orgloop]"],
        ["host", None, None, "address to listen on [default: 127.0.0.1]"],
        ["port", None, None, "port to listen on, 0 for a free one [default: 4800]"],
        ["grace", None, None, "how long a stop waits for what is under way [default: 30s]"],
        ["log-level", None, None, "debug, info, warn or error [default: info]"],
    ]
    parent: Any
    """``twistd``'s own options."""
    prepared: Prepared

    def postOptions(self) -> None:
        """Take the lock and check the project: what is wrong is said before anything is started."""
        try:
            self.prepared = self._prepare(dict(os.environ))
        except ProjectInvalid as error:
            _leave(_INVALID_PROJECT, [*map(str, error.errors), "orgloop: the project is invalid"])
        except OrgLoopError as error:
            _leave(_FAILED, [f"orgloop: {error}"])

    def _prepare(self, environ: Mapping[str, str]) -> Prepared:
        named = self["home"] or environ.get("ORGLOOP_HOME") or "~/.orgloop"
        home = Home(Path(named).expanduser().absolute())
        home.create()
        # First of all, and before the project is even looked at: who has the lock decides.
        lock = HomeLock.acquire(home, LockHolder(pid=os.getpid()))
        definition = self._load(home, environ)
        settings = settings_of(self, environ, definition, personal_defaults(home.config))
        return Prepared(
            home=home,
            lock=lock,
            definition=definition,
            settings=settings,
            environ=environ,
            is_daemon=not (self.parent["nodaemon"] or self.parent["debug"]),
            logs_elsewhere=any(self.parent[name] for name in ("logfile", "syslog", "logger")),
            pid_file=self._pid_file(home),
        )

    def _load(self, home: Home, environ: Mapping[str, str]) -> ProjectDefinition:
        file = project_file(self["project"] or environ.get("ORGLOOP_CONFIG"), Path.cwd())
        loaded = load_project(file, environ=environ)
        for missing in loaded.missing:
            _say(f"warning: {missing.place}: ${{{missing.name}}} is not set")
        return loaded

    def _pid_file(self, home: Home) -> str:
        """Have ``twistd`` keep its PID file in the home, unless it was told where.

        An older one proves nothing, for the lock is ours; ``twistd`` would stop at it.
        """
        if self.parent["pidfile"] == _TWISTDS_OWN_PID_FILE:
            home.pid_file.unlink(missing_ok=True)
            self.parent["pidfile"] = str(home.pid_file)
        return str(self.parent["pidfile"])


def makeService(options: Options) -> IService:
    """Return the service that runs what `Options` has prepared; called before the forks."""
    from twisted.internet import reactor

    from orgloop.daemon.service import RuntimeService

    service: Any = RuntimeService(options.prepared, reactor)
    made: IService = service
    return made


def _leave(code: int, lines: list[str]) -> NoReturn:
    for line in lines:
        _say(line)
    raise SystemExit(code)


def _say(line: str) -> None:
    sys.stderr.write(f"{printable(line)}\n")
