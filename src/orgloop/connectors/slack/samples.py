"""What Slack's Events API sends, for who tries a project's wiring."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.connectors.slack.config import SlackSourceConfig
from orgloop.connectors.slack.events import draft_of
from orgloop.event import EventDraft, JSONObject
from orgloop.plugin import PluginContext

_SAID: JSONObject = {
    "user": "U012AB3CD",
    "team": "T012AB3CD",
    "channel": "C012AB3CD",
    "ts": "1768471200.000100",
    "event_ts": "1768471200.000100",
}
# The examples of https://docs.slack.dev/reference/events, with one workspace for all.
_EVENTS: Sequence[JSONObject] = (
    {**_SAID, "type": "app_mention", "text": "<@U0LAN0Z89> is it everything a river should be?"},
    {**_SAID, "type": "message", "channel_type": "channel", "text": "The build is red again."},
    {
        **_SAID,
        "type": "reaction_added",
        "reaction": "eyes",
        "item": {"type": "message", "channel": "C012AB3CD", "ts": "1768471100.000100"},
        "item_user": "U0LAN0Z89",
    },
)


async def samples(config: SlackSourceConfig | None, context: PluginContext) -> Sequence[EventDraft]:
    """See `orgloop.plugin.Registration`."""
    return [
        draft_of({"team_id": "T012AB3CD", "event_id": f"Ev{number:08}", "event": event})
        for number, event in enumerate(_EVENTS, start=1)
    ]
