"""The linear source against a stand-in of Linear, over real sockets."""

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred

from orgloop.connectors.linear import registration
from orgloop.connectors.linear.api import LinearError, RateLimited
from orgloop.connectors.linear.check import check_source
from orgloop.connectors.linear.config import LinearConfig
from orgloop.errors import RequestFailed
from orgloop.sdk.http import HTTPClient
from orgloop.testing.httpserver import Answer
from orgloop.testing.lending import lend
from orgloop.testing.linear import LinearServer, Workspace
from support.linear_world import kinds


@pytest.fixture
def linear():
    server = LinearServer(Workspace())
    server.start(reactor)
    yield server
    pytest_twisted.blockon(Deferred.fromCoroutine(server.stop()))


@pytest.fixture
def client():
    client = HTTPClient(reactor)
    yield client
    pytest_twisted.blockon(Deferred.fromCoroutine(client.close()))


@pytest.fixture
def config(linear):
    return LinearConfig(team="ENG", api_key="lin_api_test", api_url=linear.url("/graphql"))


@pytest.fixture
def source(client, config, tmp_path):
    return registration.source(config, lend(tmp_path, http=client))


@pytest_twisted.ensureDeferred
async def test_polls_share_one_connection(linear, source):
    issue = linear.workspace.create_issue("It breaks")
    first = await source.poll(None)
    linear.workspace.tick()
    linear.workspace.update_issue(issue, state="Done")
    second = await source.poll(first.checkpoint)

    assert kinds([*first.events, *second.events]) == ["issue.created", "issue.state_changed"]
    assert linear.connections == 1


@pytest_twisted.ensureDeferred
async def test_what_goes_wrong_fails_the_poll_and_the_next_one_makes_up_for_it(linear, source):
    linear.workspace.create_issue("It breaks")
    troubles = {
        LinearError: Answer(status=503, close=True),
        RequestFailed: Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", close=True),
    }
    for error, answer in troubles.items():
        linear.answer(answer)
        with pytest.raises(error):
            await source.poll(None)

    assert kinds((await source.poll(None)).events) == ["issue.created"]


@pytest_twisted.ensureDeferred
async def test_a_slow_answer_is_waited_for(linear, source):
    linear.workspace.create_issue("It breaks")
    later: Deferred[None] = Deferred()
    scope = {"viewer": {"name": "Ada"}, "teams": {"nodes": [linear.workspace.team]}}
    linear.answer(Answer(after=later, json={"data": scope}))

    polling = Deferred.fromCoroutine(source.poll(None))
    await linear.received(1)
    later.callback(None)

    assert kinds((await polling).events) == ["issue.created"]


@pytest_twisted.ensureDeferred
async def test_a_poll_that_takes_too_long_can_be_ended(linear, source):
    linear.answer(Answer(silent=True))
    polling = Deferred.fromCoroutine(source.poll(None))
    await linear.received(1)
    polling.cancel()

    with pytest.raises(CancelledError):
        await polling
    assert (await source.poll(None)).events == []


@pytest_twisted.ensureDeferred
async def test_a_redirect_does_not_get_the_key(linear, source):
    elsewhere = {"Location": linear.url("/elsewhere")}
    linear.answer(Answer(status=302, headers=elsewhere))

    with pytest.raises(LinearError, match="302"):
        await source.poll(None)
    assert [request.path for request in linear.requests] == ["/graphql"]


@pytest_twisted.ensureDeferred
async def test_the_rate_limit_is_obeyed(linear, source):
    first = await source.poll(None)
    linear.requests_left = 0

    for _ in range(2):
        with pytest.raises(RateLimited):
            await source.poll(first.checkpoint)
    assert len(linear.requests) == 4


@pytest_twisted.ensureDeferred
async def test_the_doctor_is_told_who_we_are(linear, client, config, tmp_path):
    found = await check_source(config, lend(tmp_path, http=client))

    assert [one.status for one in found] == ["ok", "ok"]
    assert found[1].name == f"http://127.0.0.1:{linear.port}"
