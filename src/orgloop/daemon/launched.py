"""The runtime as another process of ours starts it: the same, with descriptors handed over."""

from __future__ import annotations

import os
from typing import Any

from orgloop.daemon.flags import Flags
from orgloop.daemon.inheritance import Inheritance
from orgloop.daemon.tap import Options as RuntimeOptions
from orgloop.daemon.tap import makeService
from orgloop.daemon.telling.channel import Channel
from orgloop.daemon.telling.link import SupervisorLink
from orgloop.daemon.telling.report import ReportPipe
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock

__all__ = ["Options", "makeService"]


class Options(RuntimeOptions):
    """What ``twistd orgloop`` takes, and the descriptors."""

    optParameters: list[Any] = [
        *RuntimeOptions.optParameters,
        ["lock-fd", None, None, "the lock of the home, held already", int],
        ["channel-fd", None, None, "the way to the supervisor", int],
        ["report-fd", None, None, "where the starting command waits", int],
    ]
    optFlags: list[Any] = [
        *RuntimeOptions.optFlags,
        ["detached", None, "the supervisor has left its terminal"],
        ["handover", None, "take the place of the runtime that has the home"],
    ]

    def inheritance(self) -> Inheritance:
        """Take up what was handed over."""
        lock, channel, report = (self[f"{name}-fd"] for name in ("lock", "channel", "report"))
        return Inheritance(
            lock=None if lock is None else HomeLock.inherited(lock, self._home()),
            link=None if channel is None else SupervisorLink(Channel.inherited(channel)),
            report=None if report is None else ReportPipe.inherited(report),
            is_detached=bool(self["detached"]),
            takes_over=bool(self["handover"]),
        )

    def _home(self) -> Home:
        return Flags.of(self).home_directory(os.environ)
