"""Every built-in source and actor passes the suite of its interface, and so do the fakes."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import evolve
from zope.interface.verify import verifyObject

from orgloop.connectors.command import registration as command
from orgloop.connectors.command.config import CommandConfig
from orgloop.connectors.cron import registration as cron
from orgloop.connectors.cron.config import CronConfig, Schedule
from orgloop.connectors.webhook import registration as webhook
from orgloop.connectors.webhook.config import WebhookActorConfig, WebhookSourceConfig
from orgloop.interfaces import IActor, IHTTPClient, IInProcessTransform, ILogger, ISource
from orgloop.plugin import Kind, PluginContext, Registration
from orgloop.reports import HTTPResponse, PollResult, WebhookRequest, WebhookResult
from orgloop.sdk.signatures import sign_standard
from orgloop.testing.actor import ActorSuite
from orgloop.testing.events import make_draft
from orgloop.testing.fakes import (
    FakeActor,
    FakeHTTPClient,
    FakeLogger,
    FakePollingSource,
    FakePreparingActor,
    FakeScheduledSource,
    FakeTransform,
    FakeWebhookSource,
)
from orgloop.testing.lending import NOW_MS
from orgloop.testing.source import SourceSuite

BODY = b'{"type": "deploy.done", "id": 7}'


def built(registration: Registration, kind: Kind, config: object, context: PluginContext):
    factory = registration.factory(kind)
    assert factory is not None
    assert isinstance(config, registration.config_class(kind))
    return factory(config, context)


class TestWebhookSource(SourceSuite):
    requests = (
        WebhookRequest("/webhook/x", {}, BODY, NOW_MS),
        WebhookRequest("/webhook/x", {"idempotency-key": "k"}, b"{}", NOW_MS),
    )

    def make(self, context: PluginContext) -> ISource:
        return built(webhook, Kind.SOURCE, WebhookSourceConfig(id_field="id"), context)


class TestSignedWebhookSource(SourceSuite):
    requests = (
        WebhookRequest("/hook", sign_standard(BODY, "secret", "msg_1", NOW_MS), BODY, NOW_MS),
    )

    def make(self, context: PluginContext) -> ISource:
        config = WebhookSourceConfig(path="/hook", secret="secret", event_type="from_body")
        return built(webhook, Kind.SOURCE, config, context)


class TestCron(SourceSuite):
    def make(self, context: PluginContext) -> ISource:
        schedules = (
            Schedule(name="daily", cron="@daily", timezone="Europe/Berlin"),
            Schedule(name="often", cron="every 5m"),
        )
        return built(cron, Kind.SOURCE, CronConfig(schedules=schedules), context)


class TestFakePollingSource(SourceSuite):
    def make(self, context: PluginContext) -> ISource:
        return FakePollingSource({None: PollResult([make_draft(key="k")], "1")})


class TestFakeScheduledSource(SourceSuite):
    def make(self, context: PluginContext) -> ISource:
        due = [datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2027, 2028)]
        return FakeScheduledSource({None: PollResult([make_draft(key="k")], "1")}, due=due)


class TestFakeWebhookSource(SourceSuite):
    requests = (WebhookRequest("/", {}, b"{}", NOW_MS),)

    def make(self, context: PluginContext) -> ISource:
        return FakeWebhookSource(WebhookResult([make_draft(key="k")]), trusts=False)


class TestWebhookActor(ActorSuite):
    def make(self, context: PluginContext) -> IActor:
        config = WebhookActorConfig(url="http://127.0.0.1:1/", secret="secret")
        event = b'{"event": {"type": "message.received", "payload": {}}}'
        answers = [
            HTTPResponse(202, {}, b'{"tracking_id": "t"}'),
            HTTPResponse(404, {}, b""),
            HTTPResponse(503, {"retry-after": "1"}, b""),
            HTTPResponse(200, {}, event),
        ]
        lent = evolve(context, http=FakeHTTPClient(answers))
        return built(webhook, Kind.ACTOR, config, lent)


class TestWebhookActorWithTemplate(ActorSuite):
    def make(self, context: PluginContext) -> IActor:
        config = WebhookActorConfig(
            url="http://127.0.0.1:1/",
            body_template={"text": "{{event.payload.number}}: {{launch_prompt}}"},
        )
        return built(webhook, Kind.ACTOR, config, evolve(context, http=FakeHTTPClient()))


class TestCommand(ActorSuite):
    def make(self, context: PluginContext) -> IActor:
        config = CommandConfig(command=("cat",), env={"NUMBER": "{{payload.number}}"})
        return built(command, Kind.ACTOR, config, context)


class TestCommandThatFails(ActorSuite):
    def make(self, context: PluginContext) -> IActor:
        return built(command, Kind.ACTOR, CommandConfig(command=("false",)), context)


class TestFakeActor(ActorSuite):
    def make(self, context: PluginContext) -> IActor:
        return FakeActor()


class TestFakePreparingActor(ActorSuite):
    def make(self, context: PluginContext) -> IActor:
        return FakePreparingActor()


def test_the_other_fakes_provide_their_interfaces():
    assert verifyObject(IInProcessTransform, FakeTransform())
    assert verifyObject(ILogger, FakeLogger())
    assert verifyObject(IHTTPClient, FakeHTTPClient())
