"""Look after what the connectors depend on: who the key belongs to, and whether the team exists."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

from orgloop.connectors.linear.api import LinearAPI, LinearError, LinearRefuses, RateLimited
from orgloop.connectors.linear.config import LinearConfig, LinearWebhookConfig
from orgloop.connectors.linear.polling.scope import NoSuchScope, Scope, find_scope
from orgloop.errors import RequestFailed
from orgloop.plugin import ComponentContext, Finding, PluginContext
from orgloop.sdk.checking import CHECK_SECONDS, senders_finding
from orgloop.sdk.urls import parse_url


async def check_source(config: LinearConfig, context: PluginContext) -> Sequence[Finding]:
    """Ask Linear who we are and what the team is; nothing is changed there."""
    api = LinearAPI(config.api_key, config.api_url, context, CHECK_SECONDS)
    asking = find_scope(api, config.team, config.project)
    return await _answered(asking, config.api_url, config.team)


async def check_webhook(config: LinearWebhookConfig, context: PluginContext) -> Sequence[Finding]:
    """Ask Linear who we are, if there is a key to ask with."""
    if config.api_key is None:
        return []
    api = LinearAPI(config.api_key, config.api_url, context, CHECK_SECONDS)
    return await _answered(find_scope(api, config.team, None), config.api_url, config.team)


def check_signing(config: LinearWebhookConfig, context: ComponentContext) -> Sequence[Finding]:
    """Say whether Linear has to sign: it calls from beyond this machine."""
    return [
        senders_finding(
            config.secret,
            context,
            signed="Linear signs what it posts",
            remedy="the signing secret that Linear shows with the webhook",
            is_service=True,
        )
    ]


async def _answered(asking: Awaitable[Scope], api_url: str, team: str | None) -> Sequence[Finding]:
    where = parse_url(api_url).origin
    try:
        scope = await asking
    except NoSuchScope as error:
        return [
            Finding(about="credential", message="Linear takes the API key"),
            Finding(name=where, status="degraded", message=error.what, fix=error.fix),
        ]
    except LinearRefuses as error:
        return [
            Finding(about="credential", status="degraded", message=error.what, fix=error.fix),
        ]
    except RateLimited as error:
        return [Finding(name=where, status="degraded", message=error.what, fix=error.fix)]
    except (RequestFailed, LinearError) as error:
        fix = "see linearstatus.com; polls are made again by themselves"
        message = f"Linear cannot be asked: {error}"
        return [Finding(name=where, status="degraded", message=message, fix=fix)]
    return [
        Finding(about="credential", message=f"the API key is {scope.viewer}'s"),
        Finding(name=where, message=f"the team is {scope.team}" if team else "Linear answers"),
    ]
