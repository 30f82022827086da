"""The openclaw actor and its check against a gateway's stand-in, over real sockets."""

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from orgloop.connectors.openclaw import registration
from orgloop.connectors.openclaw.config import OpenClawConfig
from orgloop.delivery import Outcome
from orgloop.sdk.http import HTTPClient
from orgloop.testing.events import make_dispatch, make_event
from orgloop.testing.httpserver import Answer
from orgloop.testing.lending import lend
from orgloop.testing.openclaw import OpenClawStandIn

WAITS = {"meta": {"openclaw_callback_session_key": "waits"}}


@pytest.fixture
def gateway():
    gateway = OpenClawStandIn(token="t0ken", version="2026.3.12")
    gateway.start(reactor)
    yield gateway
    pytest_twisted.blockon(Deferred.fromCoroutine(gateway.stop()))


@pytest.fixture
def client():
    client = HTTPClient(reactor)
    yield client
    pytest_twisted.blockon(Deferred.fromCoroutine(client.close()))


@pytest.fixture
def context(client, tmp_path):
    return lend(tmp_path, http=client)


@pytest.fixture
def configured(gateway):
    def configured(**options):
        return OpenClawConfig(
            **{"base_url": gateway.url("/").rstrip("/"), "auth_token_env": "t0ken", **options}
        )

    return configured


@pytest_twisted.ensureDeferred
async def test_a_repeated_attempt_starts_no_second_run(gateway, configured, context):
    actor, event = registration.actor(configured(), context), make_event()
    content = actor.prepare(make_dispatch(event))

    first = await actor.deliver(make_dispatch(event, content=content))
    again = await actor.deliver(make_dispatch(event, content=content, attempt=2))

    assert first.outcome is again.outcome is Outcome.ACCEPTED
    assert first.tracking_id == again.tracking_id == "run-1"
    assert len(gateway.runs) == 1


@pytest_twisted.ensureDeferred
async def test_an_answer_that_is_lost_starts_no_second_run_either(gateway, configured, context):
    actor, event = registration.actor(configured(), context), make_event(payload=WAITS)
    content = actor.prepare(make_dispatch(event))
    answers = gateway.otherwise

    def start_and_hang_up(request):
        answers(request)
        return Answer(reset=True)

    gateway.otherwise = start_and_hang_up
    first = await actor.deliver(make_dispatch(event, content=content))
    gateway.otherwise = answers
    again = await actor.deliver(make_dispatch(event, content=content, attempt=2))

    assert first.outcome is Outcome.ERROR
    assert again.tracking_id == "run-1"
    assert [run.body["sessionKey"] for run in gateway.runs] == ["waits"]


@pytest_twisted.ensureDeferred
async def test_a_session_that_is_gone_does_not_lose_the_event(gateway, configured, context):
    gateway.sessions = {"orgloop:source:resource.changed"}
    actor = registration.actor(configured(), context)

    result = await actor.deliver(make_dispatch(make_event(payload=WAITS)))

    assert result.outcome is Outcome.ACCEPTED
    assert [run.body["sessionKey"] for run in gateway.runs] == ["orgloop:source:resource.changed"]


@pytest_twisted.ensureDeferred
async def test_the_check_tells_the_version_and_starts_nothing(gateway, configured, context):
    service, credential = await registration.check(configured(), context)

    assert (service.status, service.message) == ("ok", "OpenClaw 2026.3.12 answers")
    assert (credential.about, credential.status) == ("credential", "ok")
    assert gateway.runs == []


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("token", ["wrong", None])
async def test_the_check_notices_a_token_that_is_refused(configured, context, token):
    _, credential = await registration.check(configured(auth_token_env=token), context)

    assert credential.status == "degraded"
    assert "hooks.token" in credential.fix


def test_a_name_of_a_variable_is_taken_for_a_slip(configured, context):
    [slip] = registration.local_check(configured(auth_token_env="OPENCLAW_WEBHOOK_TOKEN"), context)

    assert slip.status == "degraded"
    assert registration.local_check(configured(auth_token_env="T0KEN"), context) == []
    assert registration.local_check(configured(auth_token_env=None), context) == []


@pytest_twisted.ensureDeferred
async def test_the_check_notices_webhooks_that_are_off(gateway, configured, context):
    gateway.otherwise = Answer(body=b"<!doctype html>")

    service, credential = await registration.check(configured(), context)

    assert service.message == "it answers, and does not tell its version"
    assert credential.status == "degraded"
    assert "hooks.enabled" in credential.fix


@pytest_twisted.ensureDeferred
async def test_the_check_notices_a_gateway_that_is_down(gateway, configured, context):
    config = configured()
    await gateway.stop()

    [service] = await registration.check(config, context)

    assert service.status == "degraded"
    assert "openclaw gateway" in service.fix
