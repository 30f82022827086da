"""How the process stands in the world: what ``twistd``, a parent and a service manager say."""

from __future__ import annotations

from attrs import frozen

from orgloop.daemon.inheritance import Inheritance
from orgloop.daemon.managers.systemd import Systemd
from orgloop.daemon.privileges import Heir


@frozen(kw_only=True)
class Surroundings:
    """What is settled before the forks, and is not the project's."""

    is_daemon: bool
    """Whether it has left its terminal, or will."""
    logs_elsewhere: bool
    """Whether it was told where to log (``--logfile``, ``--syslog``, ``--logger``)."""
    pid_file: str
    """The one that ``twistd`` writes and removes; empty if it writes none."""
    inherited: Inheritance = Inheritance()
    systemd: Systemd = Systemd()
    """What systemd said, which is no longer in the environment."""
    warnings: tuple[str, ...] = ()
    """What stopped nothing and was to be said."""
    heir: Heir = Heir()
    """Who the process becomes once it has its port (``--uid``, ``--gid``)."""
    is_forced: bool = False
    """Whether it was told to look at nothing that might stand in the way."""
