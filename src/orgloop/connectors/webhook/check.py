"""Look after a webhook's surroundings: who may call the source, and whether the actor is heard."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.connectors.webhook.config import WebhookActorConfig, WebhookSourceConfig
from orgloop.plugin import ComponentContext, Finding, PluginContext
from orgloop.sdk.network import reach
from orgloop.sdk.urls import parse_url


def check_source(config: WebhookSourceConfig, context: ComponentContext) -> Sequence[Finding]:
    """Say whether senders have to sign: beyond this machine anybody could be one."""
    if config.secret is not None:
        return [Finding(about="credential", message="senders sign what they send")]
    if not context.is_exposed:
        return [
            Finding(
                about="credential",
                message="no secret is set: whoever is on this machine may send events",
            )
        ]
    return [
        Finding(
            about="credential",
            status="error",
            message="no secret is set, and the port can be reached from beyond this machine: "
            "strangers could send events",
            fix=f"give source {context.id} a secret, or listen on 127.0.0.1 "
            "(http.host, http.webhooks.host, ORGLOOP_HOST)",
        )
    ]


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
