"""The github-webhook source passes the suite of its interface, also when it reconciles."""

from __future__ import annotations

import orjson
from attrs import evolve

from orgloop.connectors.github.webhook import registration
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.interfaces import ISource
from orgloop.plugin import Kind, PluginContext
from orgloop.reports import WebhookRequest
from orgloop.sdk.signatures import sign_body
from orgloop.testing.github import FakeGitHub
from orgloop.testing.github.hooks import FakeHooks
from orgloop.testing.lending import NOW_MS
from orgloop.testing.source import SourceSuite

SECRET = "s3cret"
STAR = orjson.dumps(
    {"action": "created", "repository": {"full_name": "acme/shop"}, "sender": {"login": "ada"}}
)
DELIVERY = {"x-github-event": "star", "x-github-delivery": "d-1"}


def built(context: PluginContext, **options: str) -> ISource:
    factory = registration.factory(Kind.SOURCE)
    assert factory is not None
    source: ISource = factory(GitHubWebhookConfig(**options), context)
    return source


class TestGitHubWebhookSource(SourceSuite):
    requests = (WebhookRequest("/webhook/x", DELIVERY, STAR, NOW_MS),)

    def make(self, context: PluginContext) -> ISource:
        return built(context)


class TestSignedGitHubWebhookSource(SourceSuite):
    requests = (
        WebhookRequest(
            "/webhook/x",
            {**DELIVERY, "x-hub-signature-256": sign_body(STAR, SECRET)},
            STAR,
            NOW_MS,
        ),
    )

    def make(self, context: PluginContext) -> ISource:
        return built(context, secret=SECRET)


class TestReconcilingGitHubWebhookSource(SourceSuite):
    requests = (WebhookRequest("/webhook/x", DELIVERY, STAR, NOW_MS),)

    def make(self, context: PluginContext) -> ISource:
        github = FakeGitHub()
        shop = github.repository()
        shop.comment(shop.open_issue())
        hooks = FakeHooks(beyond=github.client(), now_ms=shop.now_ms)
        hooks.tried("d-2", 502, payload=orjson.loads(STAR))
        lent = evolve(context, http=hooks, id="component")
        return built(lent, token=github.token, repo_owner="acme", repo_name="shop")
