"""Look after a github-webhook source: who may call it, and whether GitHub does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twisted.internet.defer import Deferred, gatherResults

from orgloop.connectors.github.access import api_of
from orgloop.connectors.github.check import IN_TROUBLE, whose
from orgloop.connectors.github.errors import GitHubError
from orgloop.connectors.github.events import Object
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.github.webhook.hooks import Hooks, leading_to, places_of
from orgloop.connectors.github.webhook.reconciling import polled_as
from orgloop.connectors.github.webhook.source import paths_of
from orgloop.connectors.github.webhook.wanted import spoken
from orgloop.errors import RequestFailed
from orgloop.plugin import ComponentContext, Finding, PluginContext
from orgloop.sdk.checking import CHECK_SECONDS, senders_finding

_PERMISSION = (
    "give the token the permission Webhooks (read-only); a classic one the scope read:repo_hook"
)


def check_surroundings(config: GitHubWebhookConfig, context: ComponentContext) -> Sequence[Finding]:
    """Say whether GitHub has to sign, and whether what it cannot deliver is looked for."""
    return [_signing(config, context), _reconciling(config, context)]


def _signing(config: GitHubWebhookConfig, context: ComponentContext) -> Finding:
    return senders_finding(
        config.secret,
        context,
        signed="GitHub signs what it delivers",
        remedy="the secret of the webhook in the repository's settings",
        is_service=True,
    )


def _reconciling(config: GitHubWebhookConfig, context: ComponentContext) -> Finding:
    if config.reconciles:
        message = f"what GitHub cannot deliver is looked for in {config.repository}"
        return Finding(name="reconciliation", message=message)
    if config.token is None or config.reconciliation_interval_ms == 0:
        return Finding(
            name="reconciliation",
            message="is off: what GitHub cannot deliver is not looked for",
        )
    return Finding(
        name="reconciliation",
        status="degraded",
        message="there is a token, and no repository to look at",
        fix=f"set repo_owner and repo_name of source {context.id}",
    )


async def check_hooks(config: GitHubWebhookConfig, context: PluginContext) -> Sequence[Finding]:
    """Say whose the token is, whether a webhook leads here, and how its last delivery went."""
    if config.token is None or config.repository is None:
        return []
    hooks = Hooks(api_of(polled_as(config), context), config.repository)
    found = await gatherResults(
        [
            Deferred.fromCoroutine(whose(hooks.api, config.token)),
            Deferred.fromCoroutine(_webhooks(hooks, config, context)),
        ],
        consumeErrors=True,
    )
    token: Sequence[Finding] = found[0]
    if any(finding.status != "ok" for finding in token):
        return token  # the rest follows from it
    return [*token, *found[1]]


async def _webhooks(
    hooks: Hooks, config: GitHubWebhookConfig, context: PluginContext
) -> Sequence[Finding]:
    try:
        reply = await hooks.listed(timeout_seconds=CHECK_SECONDS)
    except GitHubError as error:
        is_hidden = error.status in (403, 404)
        return [
            Finding(
                about="credential",
                name="webhooks",
                status="degraded",
                message=f"{error}; {_left(config)}" if is_hidden else str(error),
                fix=_PERMISSION if is_hidden else IN_TROUBLE,
            )
        ]
    except RequestFailed as error:
        where = hooks.api.url
        return [Finding(name=where, status="degraded", message=str(error), fix=IN_TROUBLE)]
    return list(_findings(reply.document, hooks.page, config, context))


def _findings(
    listed: Sequence[Object], page: str, config: GitHubWebhookConfig, context: PluginContext
) -> Iterator[Finding]:
    paths = paths_of(config, context)
    ours = leading_to(places_of(listed), paths)
    if not ours:
        yield Finding(
            name="webhook",
            status="degraded",
            message=f"no webhook of {config.repository} leads to {' or '.join(paths)}",
            fix=f"add one at {page}; one that comes by a proxy that changes the path is known "
            f"once it has called; with one of an organisation or an App, {_left(config)}",
        )
    for hook in listed:
        if str(hook["id"]) in ours:
            yield _state(hook, f"{page}/{hook['id']}", config)


def _left(config: GitHubWebhookConfig) -> str:
    """Say what is found where deliveries cannot be looked through."""
    what = "comments and reviews alone are" if spoken(config.events) else "nothing is"
    return f"{what} reconciled"


def _state(hook: Object, where: str, config: GitHubWebhookConfig) -> Finding:
    name = f"webhook {hook['id']}"
    if not hook.get("active", True):
        return Finding(
            name=name, status="degraded", message="is switched off", fix=f"activate it at {where}"
        )
    is_signed = bool((hook.get("config") or {}).get("secret"))
    if config.secret is not None and not is_signed:
        return Finding(
            about="credential",
            name=name,
            status="degraded",
            message="has no secret, so what it delivers is refused",
            fix=f"enter the source's secret at {where}",
        )
    last = hook.get("last_response") or {}
    if isinstance(code := last.get("code"), int) and not 200 <= code < 300:
        said = f"{code} {last.get('message') or last.get('status') or ''}".rstrip()
        return Finding(
            name=name,
            status="degraded",
            message=f"its last delivery failed ({said})",
            fix=f"what went wrong stands at {where} under recent deliveries; 401 means that the "
            "two secrets differ",
        )
    return Finding(name=name, message="leads here, and its last delivery did not fail")
