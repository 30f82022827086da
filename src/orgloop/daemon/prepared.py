"""Everything that is settled before the process may fork and the reactor turns."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from orgloop.config.model import ProjectDefinition
from orgloop.daemon.settings import Settings
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock


@frozen(kw_only=True)
class Prepared:
    """A runtime that may be started: the lock is held, the project is valid, nothing is open."""

    home: Home
    lock: HomeLock
    definition: ProjectDefinition
    settings: Settings
    environ: Mapping[str, str] = field(repr=False)
    is_daemon: bool
    logs_elsewhere: bool
    """Whether ``twistd`` was told where to log (``--logfile``, ``--syslog``, ``--logger``)."""
    pid_file: str
    """The PID file that ``twistd`` keeps."""
