"""Find out whether the receiver of log entries can be reached. It is sent nothing."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.loggers.webhook.config import WebhookLoggerConfig
from orgloop.plugin import Finding, PluginContext
from orgloop.sdk.network import reach
from orgloop.sdk.urls import parse_url


async def check(config: WebhookLoggerConfig, context: PluginContext) -> Sequence[Finding]:
    """See `Registration.check`."""
    target = parse_url(config.url)
    fix = (
        f"start what listens there, or correct the url of logger {context.id}; until then entries "
        "wait, and those that do not fit into its buffer are lost"
    )
    return [await reach(context, target.host, target.port, fix=fix)]
