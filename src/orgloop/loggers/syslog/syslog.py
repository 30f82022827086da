"""The syslog logger: entries become messages to a syslog daemon."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

from zope.interface import implementer

from orgloop.durations import Duration
from orgloop.interfaces import IBufferingLogger
from orgloop.logentry import LogEntry
from orgloop.loggers.outbox.errors import NotSent
from orgloop.loggers.outbox.outbox import Limits, Outbox
from orgloop.loggers.outbox.patience import RetryOptions
from orgloop.loggers.syslog.config import SyslogConfig
from orgloop.loggers.syslog.line import Line
from orgloop.loggers.syslog.message import Form
from orgloop.loggers.syslog.reason import reason_of
from orgloop.plugin import PluginContext
from orgloop.sdk.threads import outcome_of

# The runtime gathers entries for a moment already.
_LIMITS = Limits(size=10_000, batch=500, delay_seconds=0)
_RETRY = RetryOptions(initial_delay=Duration(1_000), max_delay=Duration(30_000))


@implementer(IBufferingLogger)
class SyslogLogger:
    """Send entries to a syslog daemon, in a thread; see `ILogger`."""

    def __init__(self, config: SyslogConfig, context: PluginContext) -> None:
        self._config = config
        self._wanted = config.filter.wanted()
        self._form = Form(
            facility=config.facility,
            app_name=config.app_name,
            hostname=socket.gethostname(),
            pid=os.getpid(),
            is_old=config.format == "rfc3164",
            has_structured_data=config.include_structured_data,
        )
        self._run_in_thread = context.run_in_thread
        self._line = Line(config, context.directory)
        self._outbox: Outbox[LogEntry] = Outbox(
            context.id, self._send, context.clock, _LIMITS, _RETRY
        )

    @property
    def lost(self) -> int:
        """See `IBufferingLogger`."""
        return self._outbox.lost

    @property
    def trouble(self) -> str | None:
        """See `IBufferingLogger`."""
        return self._outbox.trouble

    async def start(self) -> None:
        """Nothing to make ready: whether the daemon is up shows with the first entries."""

    async def write(self, entries: Sequence[LogEntry]) -> None:
        """Take entries to send; see `ILogger.write`."""
        self._outbox.put([entry for entry in entries if entry.phase in self._wanted])

    async def flush(self) -> None:
        """Send what waits; see `ILogger.flush`."""
        await self._outbox.flush()

    def reopen(self) -> None:
        """No file is open."""

    async def stop(self) -> None:
        """Send what waits and close the line; see `ILogger.stop`."""
        try:
            await self._outbox.stop()
        finally:
            self._line.end()

    async def _send(self, entries: Sequence[LogEntry]) -> None:
        try:
            await outcome_of(self._run_in_thread(self._say, entries), self._line.end)
        except OSError as error:
            raise NotSent(reason_of(error, self._config)) from error

    def _say(self, entries: Sequence[LogEntry]) -> None:
        self._line.send([self._form.message(entry) for entry in entries])
