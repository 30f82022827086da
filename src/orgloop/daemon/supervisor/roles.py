"""What a supervisor's crew sees of a runtime's process, and the process of the crew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zope.interface import Attribute, Interface

from orgloop.daemon.supervisor.backoff import Pace
from orgloop.daemon.supervisor.ending import Ending
from orgloop.daemon.witness import ReadyRuntime


class IRuntimeProcess(Interface):
    """A process that is to become, is, or was a runtime."""

    pid: int = Attribute("Its process id.")
    pace: Pace | None = Attribute("How it wants to be supervised; `None` before it is prepared.")
    has_begun: bool = Attribute("Whether it has been told to open what it needs.")

    def begin(fields: Mapping[str, Any], listeners: Mapping[str, int]) -> None:
        """Tell it to open what it needs, and give it the listeners that are open already."""

    def ask_to_stop() -> None:
        """Have it end in good order, or at once if it was asked before or has not begun."""

    def kill() -> None:
        """End it without asking."""

    def pass_on(signal: int) -> None:
        """Send it a signal, if it is ready for signals."""


class IFollower(Interface):
    """Is told what becomes of a process. Nothing is told after `ended`."""

    def prepared(process: IRuntimeProcess) -> None:
        """Its project is valid, and it waits for `IRuntimeProcess.begin`."""

    def listening(process: IRuntimeProcess, listeners: Mapping[str, int]) -> None:
        """It listens; the descriptors are the follower's to close."""

    def ready(process: IRuntimeProcess, runtime: ReadyRuntime) -> None:
        """Everything is in place."""

    def leaving(process: IRuntimeProcess) -> None:
        """It has begun its way out."""

    def alive(process: IRuntimeProcess) -> None:
        """Its reactor turns; told once a heartbeat period."""

    def wedged(process: IRuntimeProcess) -> None:
        """Its reactor does not turn any more; it is being ended."""

    def ended(process: IRuntimeProcess, ending: Ending) -> None:
        """It is gone."""
