"""What may be posted to a ``webhook`` source, for who tries a project's wiring."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from orgloop.connectors.webhook.config import WebhookSourceConfig
from orgloop.connectors.webhook.source import WebhookSource
from orgloop.event import EventDraft
from orgloop.plugin import PluginContext
from orgloop.reports import WebhookRequest

_BODY = {
    "type": "task.created",
    "id": "task-42",
    "task": "Water the plants",
    "title": "The plants in the hall",
    "url": "https://tasks.example.com/42",
}
_RECEIVED_AT = 1_768_471_200_000  # 2026-01-15T10:00:00Z


async def samples(
    config: WebhookSourceConfig | None, context: PluginContext
) -> Sequence[EventDraft]:
    """See `orgloop.plugin.Registration`."""
    source = WebhookSource(config or WebhookSourceConfig(), context)
    request = WebhookRequest(f"/webhook/{context.id}", {}, orjson.dumps(_BODY), _RECEIVED_AT)
    return (await source.receive(request)).events
