"""Where the application log goes: its file always, standard error in the foreground."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from attrs import frozen
from twisted.logger import ILogObserver, LogPublisher, globalLogPublisher

from orgloop.daemon.log.applog import at_least
from orgloop.daemon.log.discretion import Discretion
from orgloop.daemon.log.folding import Folding
from orgloop.daemon.log.logchoice import form_in_file, form_on_terminal
from orgloop.daemon.log.logforms import Form
from orgloop.daemon.log.outlet import Outlet
from orgloop.daemon.log.places import InFile, OnDescriptor, let_go_of
from orgloop.daemon.prepared import Prepared
from orgloop.daemon.surroundings import Surroundings
from orgloop.errors import OrgLoopError
from orgloop.sdk.rotating import LogFiles, RotatingFile

_STANDARD_ERROR = 2
_LIMIT_SECONDS = 2.0
"""How long the end of the process waits for a disk that hangs."""


@frozen
class ProcessLog:
    """The log of one process: ``observer`` may be given events before `open`."""

    path: Path
    observer: ILogObserver
    _file: Outlet
    _terminal: Outlet | None
    """`None` for a daemon, and where ``twistd`` was told to log elsewhere."""
    _logs_elsewhere: bool
    _opened: list[RotatingFile]
    """The file, once it is open."""

    @classmethod
    def of(cls, prepared: Prepared, surroundings: Surroundings) -> ProcessLog:
        """Return the log that a prepared start asks for; nothing is opened."""
        defaults = prepared.definition.defaults
        discretion = Discretion(prepared.definition.hidden)
        file = _outlet(form_in_file(defaults.log_format), discretion)
        terminal = None
        if not (surroundings.is_daemon or surroundings.logs_elsewhere):
            terminal = _outlet(
                form_on_terminal(_STANDARD_ERROR, defaults.log_format, prepared.environ),
                discretion,
            )
        outlets = [file] if terminal is None else [file, terminal]
        return cls(
            path=prepared.home.application_log,
            observer=LogPublisher(*(at_least(defaults.log_level, one) for one in outlets)),
            file=file,
            terminal=terminal,
            logs_elsewhere=surroundings.logs_elsewhere,
            opened=[],
        )

    def open_terminal(self) -> None:
        """Begin to write to standard error, if that is to be written."""
        atexit.register(self.close)
        if self._terminal is not None:
            gone = partial(let_go_of, _STANDARD_ERROR)
            self._terminal.open(OnDescriptor(_STANDARD_ERROR, gone), "standard error")

    def open(self, files: LogFiles, now_ms: Callable[[], int]) -> None:
        """Begin to write to the file, which a file logger may share.

        Raises `OrgLoopError` if it cannot be written.
        """
        try:
            file = files.acquire(self.path, None, now_ms)
        except OSError as error:
            raise OrgLoopError(
                f"{self.path} cannot be written: {error.strerror}; "
                "check the disk and the directory's permissions"
            ) from error
        self._opened.append(file)
        self._file.open(InFile(file), "application log")
        if self._logs_elsewhere:
            # twistd has an observer of its own, and ours comes beside it.
            globalLogPublisher.addObserver(self.observer)

    def reopen(self) -> None:
        """Open the file anew before the next line."""
        for file in self._opened:
            file.reopen()

    def close(self) -> None:
        """Write what waits: the last thing a process does. A second time does nothing."""
        self._file.close(_LIMIT_SECONDS)
        if self._terminal is not None:
            self._terminal.close(_LIMIT_SECONDS)


def _outlet(form: Form, discretion: Discretion) -> Outlet:
    return Outlet(form, Folding(time.monotonic), time.time, discretion.record)
