"""What GitHub delivers, for who tries a project's wiring."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.connectors.github.samples import REPOSITORY, drafts_in
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.event import EventDraft
from orgloop.plugin import PluginContext


async def samples(
    config: GitHubWebhookConfig | None, context: PluginContext
) -> Sequence[EventDraft]:
    """Return each kind of event; see `orgloop.plugin.Registration`."""
    named = config.repository if config is not None else None
    return list(drafts_in(named or REPOSITORY))
