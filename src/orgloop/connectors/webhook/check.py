"""Look after a webhook's surroundings: who may call the source, and whether the actor is heard."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.connectors.webhook.config import WebhookActorConfig, WebhookSourceConfig
from orgloop.plugin import ComponentContext, Finding, PluginContext
from orgloop.sdk.checking import senders_finding
from orgloop.sdk.network import reach
from orgloop.sdk.urls import parse_url


def check_source(config: WebhookSourceConfig, context: ComponentContext) -> Sequence[Finding]:
    """Say whether senders have to sign: beyond this machine anybody could be one."""
    return [senders_finding(config.secret, context)]


async def check_actor(config: WebhookActorConfig, context: PluginContext) -> Sequence[Finding]:
    """Say whether the receiver can be reached. It is sent nothing."""
    target = parse_url(config.url)
    fix = (
        f"start what listens there, or correct the url of actor {context.id}; "
        "until then deliveries wait and are tried again"
    )
    return [
        await reach(context, target.host, target.port, fix=fix, allow_private=config.allow_private)
    ]
