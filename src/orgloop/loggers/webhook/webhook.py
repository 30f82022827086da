"""The webhook logger: batches of entries go out over HTTP, as arrays of JSON."""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface import implementer

from orgloop.interfaces import IBufferingLogger
from orgloop.logentry import LogEntry
from orgloop.loggers.entryjson import EntryJSON
from orgloop.loggers.outbox.outbox import Limits, Outbox
from orgloop.loggers.outbox.posting import Post, with_content_type
from orgloop.loggers.webhook.config import WebhookLoggerConfig
from orgloop.plugin import PluginContext

BUFFERED_ENTRIES = 10_000
"""What is kept while the receiver is away: as much as the runtime keeps for a logger."""
_TRY_AGAIN = frozenset({408, 425, 429})


@implementer(IBufferingLogger)
class WebhookLogger:
    """Post entries to a receiver; see `ILogger`."""

    def __init__(self, config: WebhookLoggerConfig, context: PluginContext) -> None:
        self._wanted = config.filter.wanted()
        self._json = EntryJSON()
        self._post = Post(
            http=context.http,
            now_ms=context.now_ms,
            url=config.url,
            headers=with_content_type(config.headers, "application/json"),
            method=config.method,
            passing=lambda status: status >= 500 or status in _TRY_AGAIN,
        )
        self._outbox: Outbox[bytes] = Outbox(
            context.id,
            self._send,
            context.clock,
            Limits(
                size=BUFFERED_ENTRIES,
                batch=config.batch.size,
                delay_seconds=config.batch.interval.seconds,
            ),
            config.retry,
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
        """Nothing to make ready: whether the receiver is up shows with the first batch."""

    async def write(self, entries: Sequence[LogEntry]) -> None:
        """Take entries to send; see `ILogger.write`."""
        self._outbox.put([self._json(entry) for entry in entries if entry.phase in self._wanted])

    async def flush(self) -> None:
        """Send what waits; see `ILogger.flush`."""
        await self._outbox.flush()

    def reopen(self) -> None:
        """No file is open."""

    async def stop(self) -> None:
        """Send what waits; see `ILogger.stop`."""
        await self._outbox.stop()

    async def _send(self, entries: Sequence[bytes]) -> None:
        await self._post(b"[" + b",".join(entries) + b"]")
