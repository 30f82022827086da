"""Loggers: what writes down what happens."""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface import Attribute, Interface

from orgloop.logentry import LogEntry


class ILogger(Interface):
    """Something that writes log entries somewhere."""

    async def start() -> None:
        """Make ready; an exception is reported once and the logger is tried again later."""

    async def write(entries: Sequence[LogEntry]) -> None:
        """Write entries, oldest first. Calls never overlap.

        The runtime buffers (bounded) while a call is under way and never waits for it. After an
        exception the entries of the call count as lost, and the next call comes after a pause.
        """

    async def flush() -> None:
        """Push everything written so far to where it belongs. Given two seconds at shutdown."""

    def reopen() -> None:
        """Open files anew (``SIGUSR1``); nothing for a logger without files."""

    async def stop() -> None:
        """Flush and let go of everything."""


class IBlockingLogger(Interface):
    """A logger of plain functions, which may take their time: `ILogger` for blocking code.

    They are called one after another in a thread of the logger's own, and mean what those of
    `ILogger` mean. What they use must not belong to the reactor: of `PluginContext`, names, places
    and ``now_ms``.
    """

    def start() -> None:
        """Make ready; see `ILogger.start`."""

    def write(entries: Sequence[LogEntry]) -> None:
        """Write entries, oldest first; see `ILogger.write`."""

    def flush() -> None:
        """Push everything written so far to where it belongs; see `ILogger.flush`."""

    def reopen() -> None:
        """Open files anew; see `ILogger.reopen`."""

    def stop() -> None:
        """Let go of everything. Comes after a call that hangs, should that ever end."""


class IBufferingLogger(ILogger):
    """A logger whose `ILogger.write` returns before the entries are where they belong.

    What happens to them later shows here, to people and in metrics.
    """

    lost: int = Attribute("How many of the entries it took will never arrive.")
    trouble: str | None = Attribute("Why none can arrive just now; `None` if they can.")
