"""The slack actor and its checks against a stand-in of Slack, over real sockets."""

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from orgloop.connectors.slack import registration
from orgloop.connectors.slack.check import check_actor, check_source
from orgloop.connectors.slack.config import SlackActorConfig, SlackSourceConfig
from orgloop.delivery import Outcome
from orgloop.sdk.http import HTTPClient
from orgloop.testing.events import make_dispatch, make_event
from orgloop.testing.httpserver import Answer
from orgloop.testing.lending import lend
from orgloop.testing.slack import WEBHOOK_PATH, SlackStandIn


@pytest.fixture
def slack():
    slack = SlackStandIn()
    slack.start(reactor)
    yield slack
    pytest_twisted.blockon(Deferred.fromCoroutine(slack.stop()))


@pytest.fixture
def client():
    client = HTTPClient(reactor)
    yield client
    pytest_twisted.blockon(Deferred.fromCoroutine(client.close()))


@pytest.fixture
def context(client, tmp_path):
    return lend(tmp_path, http=client)


def bot(slack: SlackStandIn, **options) -> SlackActorConfig:
    told = {"token": slack.token, "channel": "C0", "api_url": slack.url("/api")}
    return SlackActorConfig(**{**told, **options})


@pytest_twisted.ensureDeferred
async def test_messages_are_posted_over_one_connection(slack, context):
    actor = registration.actor(bot(slack), context)
    slack.answer(Answer(status=429, headers={"Retry-After": "2"}))

    results = [
        await actor.deliver(make_dispatch(config={"channel": channel}))
        for channel in ("C0", "C1", "C1")
    ]

    assert [one.outcome for one in results] == [
        Outcome.ERROR,
        Outcome.DELIVERED,
        Outcome.DELIVERED,
    ]
    assert results[0].retry_after_seconds == 2
    assert [message["channel"] for message in slack.messages] == ["C1", "C1"]
    assert slack.connections == 1


@pytest_twisted.ensureDeferred
async def test_slack_says_no_and_the_delivery_is_rejected(slack, context):
    slack.channels = {"C1"}

    result = await registration.actor(bot(slack), context).deliver(make_dispatch())

    assert result.outcome is Outcome.REJECTED
    assert "channel_not_found" in result.reason


@pytest_twisted.ensureDeferred
async def test_an_incoming_webhook_takes_a_message(slack, context):
    config = SlackActorConfig(webhook_url=slack.url(WEBHOOK_PATH), text="n is {{payload.n}}")

    result = await registration.actor(config, context).deliver(
        make_dispatch(make_event(payload={"n": 7}))
    )

    assert result.outcome is Outcome.DELIVERED
    assert slack.messages == [{"text": "n is 7"}]


@pytest_twisted.ensureDeferred
async def test_the_check_says_who_the_token_is_and_what_it_may(slack, context):
    [fine] = await check_actor(bot(slack), context)
    slack.scopes = "channels:read"
    [short] = await check_actor(bot(slack), context)
    [wrong] = await check_actor(bot(slack, token="xoxb-wrong"), context)

    assert fine.message == "the token is that of orgloop of Engineering, with the scopes chat:write"
    assert (short.status, wrong.status) == ("degraded", "degraded")
    assert "chat:write" in short.fix
    assert "invalid_auth" in wrong.message


@pytest_twisted.ensureDeferred
async def test_the_check_of_an_incoming_webhook_posts_nothing(slack, context):
    [finding] = await check_actor(SlackActorConfig(webhook_url=slack.url(WEBHOOK_PATH)), context)

    assert finding.status == "ok"
    assert slack.requests == []


@pytest_twisted.ensureDeferred
async def test_the_check_notices_that_slack_is_away(slack, context):
    config = bot(slack)
    slack.answer(Answer(status=503))
    [ill] = await check_actor(config, context)
    await slack.stop()
    [gone] = await check_actor(config, context)

    assert (ill.status, gone.status) == ("degraded", "degraded")


@pytest.mark.parametrize(("is_exposed", "status"), [(False, "degraded"), (True, "error")])
def test_a_source_without_a_signing_secret_is_noticed(tmp_path, is_exposed, status):
    [open_to_all] = check_source(SlackSourceConfig(), lend(tmp_path, is_exposed=is_exposed))
    [signed] = check_source(SlackSourceConfig(signing_secret="s"), lend(tmp_path))

    assert (open_to_all.status, signed.status) == (status, "ok")
