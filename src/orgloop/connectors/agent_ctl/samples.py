"""What ``agent-ctl`` lists, for who tries a project's wiring."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.connectors.agent_ctl.changes import changes
from orgloop.connectors.agent_ctl.config import AgentCtlConfig
from orgloop.event import EventDraft
from orgloop.plugin import PluginContext
from orgloop.sdk.agentctl import sessions_in

_RUNNING = {
    "id": "sess-42",
    "adapter": "claude-code",
    "status": "running",
    "startedAt": "2026-01-15T09:50:00Z",
    "cwd": "/home/me/app",
}
_ENDED = {"stoppedAt": "2026-01-15T10:00:00Z"}
_HISTORY = (
    [_RUNNING],
    [{**_RUNNING, "status": "idle"}],
    [{**_RUNNING, **_ENDED, "status": "stopped"}],
)
_FAILED = [{**_RUNNING, **_ENDED, "id": "sess-43", "status": "error"}]


async def samples(config: AgentCtlConfig | None, context: PluginContext) -> Sequence[EventDraft]:
    """Return what a session's course gives, its end first; see `orgloop.plugin.Registration`."""
    found, known = changes({}, sessions_in([]))
    for listing in (*_HISTORY, _FAILED):
        drafts, known = changes({one.place: one for one in known}, sessions_in(listing))
        found = [*drafts, *found]
    return sorted(found, key=lambda draft: draft.type)
