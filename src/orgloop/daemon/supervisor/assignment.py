"""What a supervisor has been told to do, settled before the process forks."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from orgloop.daemon.managers.systemd import Systemd
from orgloop.daemon.telling.report import ReportPipe
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock


@frozen(kw_only=True)
class Assignment:
    """The home is taken; nothing is open."""

    home: Home
    lock: HomeLock
    flags: tuple[str, ...]
    """Those of ``twistd orgloop``, for each runtime."""
    environ: Mapping[str, str] = field(repr=False)
    """That of each runtime: without what systemd said to the supervisor."""
    is_daemon: bool
    """Whether the supervisor leaves its terminal."""
    systemd: Systemd
    report: ReportPipe | None
    """Where the command waits that started it."""
