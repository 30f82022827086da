"""Slack's actor and source pass the suites of their interfaces."""

from __future__ import annotations

import orjson
from attrs import evolve

from orgloop.connectors.slack import registration
from orgloop.connectors.slack.config import SlackActorConfig, SlackSourceConfig
from orgloop.interfaces import IActor, ISource
from orgloop.plugin import PluginContext
from orgloop.reports import HTTPResponse, WebhookRequest
from orgloop.testing.actor import ActorSuite
from orgloop.testing.fakes import FakeHTTPClient
from orgloop.testing.lending import NOW_MS
from orgloop.testing.slack import event_request
from orgloop.testing.source import SourceSuite

_ANSWERS = (
    HTTPResponse(200, {}, b'{"ok": true}'),
    HTTPResponse(200, {}, b'{"ok": false, "error": "is_archived"}'),
    HTTPResponse(429, {"retry-after": "1"}, b""),
    HTTPResponse(404, {}, b"no_service"),
)
_MESSAGE = {"type": "message", "channel": "C0", "user": "U0", "text": "hi", "ts": "1.000100"}


class TestSlackBot(ActorSuite):
    def make(self, context: PluginContext) -> IActor:
        assert registration.actor is not None
        blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "{{payload}}"}}]
        config = SlackActorConfig(token="xoxb", channel="C0", blocks=blocks)
        return registration.actor(config, evolve(context, http=FakeHTTPClient(_ANSWERS)))


class TestSlackIncomingWebhook(ActorSuite):
    def make(self, context: PluginContext) -> IActor:
        assert registration.actor is not None
        config = SlackActorConfig(webhook_url="https://hooks.slack.test/x", text="{{payload}}")
        return registration.actor(config, evolve(context, http=FakeHTTPClient(_ANSWERS)))


class TestSlackSource(SourceSuite):
    requests = (
        event_request(_MESSAGE, secret="secret", now_ms=NOW_MS),
        WebhookRequest(
            "/", {}, orjson.dumps({"type": "url_verification", "challenge": "c"}), NOW_MS
        ),
    )

    def make(self, context: PluginContext) -> ISource:
        assert registration.source is not None
        return registration.source(SlackSourceConfig(signing_secret="secret"), context)
