"""What ``gog`` finds in a mailbox, for who tries a project's wiring."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.connectors.gog.changes import changes
from orgloop.connectors.gog.config import GogConfig
from orgloop.event import EventDraft
from orgloop.plugin import PluginContext

_MESSAGE = {
    "id": "18c2f3a4b5d6e7f8",
    "threadId": "18c2f3a4b5d6e7f8",
    "from": "Ada Example <ada@example.com>",
    "to": "support@example.com",
    "subject": "The export stops at row 1,000",
    "date": "2026-01-15 10:00",
    "snippet": "Since yesterday the export stops at row 1,000.",
    "labels": ["INBOX", "UNREAD"],
}
_READ = {**_MESSAGE, "labels": ["INBOX"]}


async def samples(config: GogConfig | None, context: PluginContext) -> Sequence[EventDraft]:
    """Return a message that comes in and is read; see `orgloop.plugin.Registration`."""
    account = config.account if config is not None else None
    received, known = changes({}, [_MESSAGE], account)
    read, _ = changes(known, [_READ], account)
    return [*received, *read]
