"""What the hooks of coding agents report, for who tries a project's wiring."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from orgloop.connectors.coding_agent.config import CodingAgentConfig
from orgloop.connectors.coding_agent.source import CodingAgentSource
from orgloop.event import EventDraft, JSONObject
from orgloop.plugin import PluginContext
from orgloop.reports import WebhookRequest

_SESSION: JSONObject = {
    "session_id": "sess-42",
    "working_directory": "/home/me/app",
    "timestamp": "2026-01-15T10:00:00Z",
}
_ENDED = {"hook_type": "stop", "duration_seconds": 600}
# In the form for agents without one of their own, which every source of this kind takes.
_BODIES: Sequence[JSONObject] = (
    {**_SESSION, **_ENDED, "exit_status": 0, "summary": "The login form checks its input now."},
    {**_SESSION, **_ENDED, "exit_status": 1, "summary": "The tests do not pass."},
    {**_SESSION, **_ENDED, "exit_status": 130},
    {**_SESSION, "hook_type": "start"},
)
_RECEIVED_AT = 1_768_471_200_000  # 2026-01-15T10:00:00Z


async def samples(
    config: CodingAgentConfig | None, context: PluginContext, *, agent: str | None
) -> Sequence[EventDraft]:
    """See `orgloop.plugin.Registration`; ``agent`` is whose sessions these are."""
    source = CodingAgentSource(config or CodingAgentConfig(), context, agent)
    path = f"/webhook/{context.id}"
    requests = [WebhookRequest(path, {}, orjson.dumps(body), _RECEIVED_AT) for body in _BODIES]
    return [draft for one in requests for draft in (await source.receive(one)).events]
