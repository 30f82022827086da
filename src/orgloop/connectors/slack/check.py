"""Look after a Slack app: whether its token works and may post, and who may send events."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.connectors.slack.actor import credential_headers
from orgloop.connectors.slack.answers import error_of, remedy
from orgloop.connectors.slack.config import SlackActorConfig, SlackSourceConfig
from orgloop.errors import RequestFailed
from orgloop.plugin import ComponentContext, Finding, PluginContext
from orgloop.reports import HTTPResponse
from orgloop.sdk.checking import CHECK_SECONDS, senders_finding
from orgloop.sdk.network import reach
from orgloop.sdk.urls import parse_url

_POSTS = "chat:write"


async def check_actor(config: SlackActorConfig, context: PluginContext) -> Sequence[Finding]:
    """Ask Slack who the token is; an incoming webhook cannot be tried without posting."""
    if config.webhook_url is not None:
        target = parse_url(config.webhook_url)
        return [await reach(context, target.host, target.port, fix=_WAITS)]
    try:
        response = await context.http.request(
            "POST",
            f"{config.api_url}/auth.test",
            headers=credential_headers(config),
            body=b"{}",
            timeout_seconds=CHECK_SECONDS,
        )
    except RequestFailed as error:
        message = f"it does not answer: {error}"
        return [Finding(name="Slack", status="degraded", message=message, fix=_WAITS)]
    if response.status != 200:
        message = f"it answers {response.status}"
        return [Finding(name="Slack", status="degraded", message=message, fix=_WAITS)]
    return [_credential(response)]


_WAITS = "see https://slack-status.com; until it is back deliveries wait and are tried again"


def _credential(response: HTTPResponse) -> Finding:
    document = response.json()
    if not isinstance(document, dict) or document.get("ok") is not True:
        word = error_of(document)
        return Finding(
            about="credential",
            status="degraded",
            message=f"the token is refused: {word}",
            fix=remedy(word),
        )
    scopes = response.headers.get("x-oauth-scopes")
    if scopes is not None and _POSTS not in [one.strip() for one in scopes.split(",")]:
        return Finding(
            about="credential",
            status="degraded",
            message=f"the token works, but may not post: its scopes are {scopes or 'none'}",
            fix=remedy("missing_scope"),
        )
    who = f"{document.get('user')} of {document.get('team')}"
    granted = f", with the scopes {scopes}" if scopes else ""
    return Finding(about="credential", message=f"the token is that of {who}{granted}")


def check_source(config: SlackSourceConfig, context: ComponentContext) -> Sequence[Finding]:
    """Say whether requests are signed: Slack calls from beyond this machine."""
    return [
        senders_finding(
            config.signing_secret,
            context,
            option="signing_secret",
            signed="Slack signs what it sends",
            remedy="the app's signing secret (Basic Information)",
            is_service=True,
        )
    ]
