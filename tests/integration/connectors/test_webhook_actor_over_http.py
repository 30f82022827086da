import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred

from orgloop.connectors.webhook.actor import WebhookActor
from orgloop.connectors.webhook.config import WebhookActorConfig
from orgloop.delivery import Outcome
from orgloop.sdk.http import HTTPClient
from orgloop.sdk.signatures import verify
from orgloop.testing.events import make_dispatch, make_event
from orgloop.testing.httpserver import Answer, ScriptedHTTPServer
from orgloop.testing.lending import NOW_MS, lend


@pytest.fixture
def server():
    server = ScriptedHTTPServer()
    server.start(reactor)
    yield server
    pytest_twisted.blockon(Deferred.fromCoroutine(server.stop()))


@pytest.fixture
def client():
    client = HTTPClient(reactor)
    yield client
    pytest_twisted.blockon(Deferred.fromCoroutine(client.close()))


@pytest.fixture
def make(server, client, tmp_path):
    def make(**options) -> WebhookActor:
        config = WebhookActorConfig(**{"url": server.url("/hook"), **options})
        return WebhookActor(config, lend(tmp_path, http=client))

    return make


@pytest_twisted.ensureDeferred
async def test_what_arrives_can_be_verified_and_told_apart(server, make):
    event = make_event()

    result = await make(secret="s3cret").deliver(make_dispatch(event, id="dlv_1"))

    [request] = server.requests
    assert result.outcome is Outcome.DELIVERED
    assert request.json() == {"event": event.to_json()}
    assert request.headers["idempotency-key"] == "dlv_1"
    assert request.headers["x-orgloop-trace"] == f"{event.trace_id};{event.id}"
    assert request.headers["content-type"] == "application/json"
    assert verify(request.headers, request.body, "s3cret", NOW_MS)


@pytest_twisted.ensureDeferred
async def test_answers_are_understood_over_one_connection(server, make):
    server.answer(
        Answer(status=202, json={"tracking_id": "job-1"}),
        Answer(status=429, headers={"Retry-After": "3"}),
        Answer(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        Answer(json={"event": {"type": "message.received"}}),
    )
    actor = make()

    results = [await actor.deliver(make_dispatch()) for _ in range(4)]

    assert [result.outcome for result in results] == [
        Outcome.ACCEPTED,
        Outcome.ERROR,
        Outcome.REJECTED,
        Outcome.DELIVERED,
    ]
    assert results[0].tracking_id == "job-1"
    assert results[1].retry_after_seconds == 3
    assert [effect.type for effect in results[3].effects] == ["message.received"]
    assert server.connections == 1


@pytest_twisted.ensureDeferred
async def test_a_lost_connection_is_an_error(server, make):
    server.answer(Answer(reset=True))

    result = await make().deliver(make_dispatch())

    assert result.outcome is Outcome.ERROR
    assert "127.0.0.1" in result.reason


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, Outcome.DELIVERED), (404, Outcome.REJECTED), (500, Outcome.ERROR)],
)
@pytest_twisted.ensureDeferred
async def test_an_answer_too_large_to_be_read_is_understood_by_its_status(
    server, make, status, outcome
):
    server.answer(Answer(status=status, body=b'{"event": ' + b" " * 10_000_000))

    assert (await make().deliver(make_dispatch())).outcome is outcome


@pytest_twisted.ensureDeferred
async def test_a_private_address_can_be_forbidden(server, make):
    result = await make(allow_private=False).deliver(make_dispatch())

    assert result.outcome is Outcome.REJECTED
    assert "not a public address" in result.reason
    assert server.connections == 0


@pytest_twisted.ensureDeferred
async def test_a_header_value_from_a_route_name_cannot_break_the_request(server, make):
    await make().deliver(make_dispatch(route="a\r\nX-Evil: 1"))

    assert "x-evil" not in server.requests[0].headers
    assert server.requests[0].headers["x-orgloop-route"] == "a%0D%0AX-Evil: 1"


@pytest_twisted.ensureDeferred
async def test_cancelling_a_delivery_closes_its_connection(server, make):
    server.answer(Answer(silent=True))
    delivery = Deferred.fromCoroutine(make().deliver(make_dispatch()))
    await server.received(1)

    delivery.cancel()

    with pytest.raises(CancelledError):
        await delivery
