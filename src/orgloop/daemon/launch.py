"""The command lines by which one process of ours starts another.

Each is ``twistd`` with our services (`orgloop.daemon.run`) in a process of its own. Descriptors are
handed over by number; see `orgloop.daemon.launched`. What is started keeps the directory and the
umask of whoever starts it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

LOCK_FD = 3
CHANNEL_FD = 4


def module_command(module: str) -> tuple[str, ...]:
    """Return how a module of ours is run, wherever that is.

    Without ``-P`` a file beside the project (``types.py``, ``json.py``) would stand in for the
    standard library's, and so would one in whatever directory an agent works in.
    """
    return (sys.executable, "-P", "-m", module)


def _program() -> tuple[str, ...]:
    return module_command("orgloop.daemon")


def daemon_command(flags: Sequence[str], *, report_fd: int, handover: bool = False) -> list[str]:
    """Return what starts a runtime that leaves its terminal and tells through a pipe of it.

    ``flags`` are those of ``twistd orgloop``. With ``handover`` it replaces the one that runs.
    """
    command = [*_program(), *_umask(), "orgloop", *flags, "--report-fd", str(report_fd)]
    return [*command, "--handover"] if handover else command


def supervisor_command(
    home: Path, flags: Sequence[str], *, report_fd: int | None = None
) -> list[str]:
    """Return what starts a supervisor; as a daemon if there is a pipe to report into.

    ``flags`` are those of ``twistd orgloop`` that each of its runtimes is given, less ``--home``.
    """
    daemon = _umask() if report_fd is not None else ["--nodaemon"]
    reports = [] if report_fd is None else ["--report-fd", str(report_fd)]
    options = ["--home", str(home), *reports, "--", *flags]
    return [*_program(), *daemon, "supervisor", *options]


def runtime_command(home: Path, flags: Sequence[str], *, detached: bool) -> list[str]:
    """Return what starts a supervised runtime, with its lock and channel at the fixed numbers.

    ``detached`` is whether the supervisor has left its terminal.
    """
    handed = ["--lock-fd", str(LOCK_FD), "--channel-fd", str(CHANNEL_FD)]
    options = ["--home", str(home), *flags, *handed]
    if detached:
        options.append("--detached")
    return [*_program(), "--nodaemon", "orgloop", *options]


def _umask() -> list[str]:
    """Return the option that has ``twistd`` keep this process's umask; daemons get another."""
    umask = os.umask(0o077)  # it can be read only by setting it
    os.umask(umask)
    return ["--umask", f"{umask:04o}"]
