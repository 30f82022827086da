"""The console logger: what happens, as it happens, for a person who watches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen
from zope.interface import implementer

from orgloop.interfaces import ILogger
from orgloop.logentry import LEVELS, Level, LogEntry
from orgloop.loggers.console.formatting import Format
from orgloop.loggers.console.terminal import Terminal
from orgloop.options import ignored_option, option
from orgloop.plugin import PluginContext, Registration, Setup


@frozen(kw_only=True)
class ConsoleConfig:
    """What is shown, and how."""

    level: Level = option("The least level that is shown.", default="info")
    color: bool = option(
        "Whether levels have colours. Off in any case with `NO_COLOR`, or when standard error is "
        "not a terminal.",
        default=True,
    )
    compact: bool = option(
        "One line an entry; otherwise ids have lines of their own.", default=True
    )
    show_payload: bool = option(
        "Whether an entry's metadata is shown. Log entries hold no payloads.", default=False
    )
    daemon: bool = option(
        "Whether to write in a background runtime too (to `logs/daemon.stderr.log`).",
        default=False,
    )
    format: Any = ignored_option("Entries are shown as `compact` says.")


@implementer(ILogger)
class ConsoleLogger:
    """Write entries to standard error, in a thread."""

    def __init__(self, config: ConsoleConfig, context: PluginContext) -> None:
        self._terminal = context.shared.one(Terminal, Terminal.standard_error)
        self._run_in_thread = context.run_in_thread
        self._levels = _levels_from(config.level)
        self._is_silent = context.is_daemon and not config.daemon
        has_color = config.color and self._terminal.is_interactive
        self._format = Format(
            color=has_color and not context.environ.get("NO_COLOR"),
            compact=config.compact,
            show_payload=config.show_payload,
        )

    async def start(self) -> None:
        """Nothing to make ready."""

    async def write(self, entries: Sequence[LogEntry]) -> None:
        """Show entries; see `ILogger.write`."""
        if self._is_silent:
            return
        shown = [self._format.text(entry) for entry in entries if entry.level in self._levels]
        if shown:
            text = "".join(shown).encode("utf-8", "backslashreplace")
            await self._run_in_thread(self._terminal.write, text)

    async def flush(self) -> None:
        """Nothing waits here."""

    def reopen(self) -> None:
        """No file is open."""

    async def stop(self) -> None:
        """Nothing to let go of."""


def _levels_from(least: Level) -> frozenset[Level]:
    return frozenset(LEVELS[LEVELS.index(least) :])


registration = Registration(
    id="console",
    logger=ConsoleLogger,
    config=ConsoleConfig,
    setup=Setup(summary="Shows log entries on standard error."),
)
