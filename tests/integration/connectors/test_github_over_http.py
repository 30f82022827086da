"""The github source and its check against a stand-in for GitHub, over real sockets."""

from __future__ import annotations

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred

from orgloop.connectors.github import registration
from orgloop.connectors.github.config import GitHubConfig
from orgloop.connectors.github.errors import GitHubError
from orgloop.errors import RequestFailed
from orgloop.sdk.http import HTTPClient
from orgloop.testing.github import FakeGitHub
from orgloop.testing.httpserver import Answer, ScriptedHTTPServer
from orgloop.testing.lending import lend


@pytest.fixture
def github():
    github = FakeGitHub()
    shop = github.repository()
    for _ in range(120):
        shop.open_issue()
    shop.review(shop.open_pull(), lines=("here",))
    shop.advance(60)
    return github


@pytest.fixture
def servers():
    running = []

    def serve(otherwise):
        server = ScriptedHTTPServer(otherwise)
        server.start(reactor)
        running.append(server)
        return server

    yield serve
    for server in running:
        pytest_twisted.blockon(Deferred.fromCoroutine(server.stop()))


@pytest.fixture
def server(servers, github):
    return servers(github.answer)


@pytest.fixture
def client():
    client = HTTPClient(reactor)
    yield client
    pytest_twisted.blockon(Deferred.fromCoroutine(client.close()))


@pytest.fixture
def config(server, github):
    return GitHubConfig(repo=("acme/shop",), token=github.token, api_url=server.url(""))


@pytest.fixture
def source(config, client, tmp_path):
    return registration.source(config, lend(tmp_path, http=client))


@pytest_twisted.ensureDeferred
async def test_all_pages_are_read_and_nothing_is_told_twice(source, github, server):
    first = await source.poll(None)
    spent = github.spent
    second = await source.poll(first.checkpoint)

    assert len(first.events) == 123
    assert list(second.events) == []
    assert github.spent == spent
    assert server.connections == 1


@pytest_twisted.ensureDeferred
async def test_a_slow_answer_is_waited_for(source, server):
    slow = Deferred()
    poll = Deferred.fromCoroutine(source.poll(None))
    server.answer(Answer(after=slow, status=502))
    await server.received(1)
    slow.callback(None)

    with pytest.raises(GitHubError, match="GitHub answered 502"):
        await poll


@pytest_twisted.ensureDeferred
async def test_a_poll_that_takes_too_long_can_be_ended(source, server):
    server.answer(Answer(silent=True))
    poll = Deferred.fromCoroutine(source.poll(None))
    await server.received(1)
    poll.cancel()

    with pytest.raises(CancelledError):
        await poll
    assert len((await source.poll(None)).events) == 123


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500, json={"message": "Server Error"}),
        Answer(status=503, body=b"<html>unicorn</html>"),
        Answer(body=b"not JSON"),
        Answer(json="text"),
        Answer(reset=True),
        Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[", close=True),
    ],
)
@pytest_twisted.ensureDeferred
async def test_an_answer_that_is_none_fails_the_poll_and_loses_nothing(source, server, answer):
    for request in range(4):
        # The first requests are answered, and then one is not.
        server.script.clear()
        before = len(server.requests)
        server.otherwise = after(request, answer, server.otherwise)
        with pytest.raises((GitHubError, RequestFailed)):
            await source.poll(None)
        assert len(server.requests) > before
        server.otherwise = server.otherwise.usual

    assert len((await source.poll(None)).events) == 123


class after:
    """Answer some requests as usual, and all others in another way."""

    def __init__(self, count, answer, usual):
        self.left, self.answer, self.usual = count, answer, usual

    def __call__(self, request):
        self.left -= 1
        return self.usual(request) if self.left >= 0 else self.answer


@pytest_twisted.ensureDeferred
async def test_the_token_goes_to_no_other_host(source, server, servers):
    stranger = servers(Answer(json=[]))
    server.answer(Answer(status=301, headers={"Location": stranger.url("/repos/acme/shop")}))

    with pytest.raises(GitHubError, match="points to another host"):
        await source.poll(None)
    server.answer(
        Answer(json={"full_name": "acme/shop"}),
        Answer(json={"workflow_runs": []}),
        Answer(json=[], headers={"Link": f'<{stranger.url("/next")}>; rel="next"'}),
    )
    with pytest.raises(GitHubError, match="points to another host"):
        await source.poll(None)

    assert stranger.requests == []


@pytest_twisted.ensureDeferred
async def test_a_repository_that_was_renamed_is_followed(source, server):
    server.answer(Answer(status=301, headers={"Location": server.url("/repos/acme/shop")}))

    assert len((await source.poll(None)).events) == 123


# --- doctor


@pytest_twisted.ensureDeferred
async def test_doctor_tells_whose_token_it_is(config, client, tmp_path, github):
    github.expires = "2026-03-01 00:00:00 UTC"

    findings = await registration.check(config, lend(tmp_path, http=client))

    assert [(one.about, one.status, one.message) for one in findings] == [
        (
            "credential",
            "ok",
            "a classic token of robot, scopes: repo, read:org, valid until 2026-03-01 00:00:00 UTC",
        ),
        ("service", "ok", "it can be read (Issues, Pull requests, Actions, Checks)"),
    ]


@pytest_twisted.ensureDeferred
async def test_doctor_tells_of_an_installation(config, client, tmp_path, github):
    github.is_app = True

    findings = await registration.check(config, lend(tmp_path, http=client))

    assert " of orgloop-stand-in[bot], for 1 repository," in findings[0].message
    assert {one.status for one in findings} == {"ok"}


@pytest_twisted.ensureDeferred
async def test_doctor_says_which_permissions_are_missing(config, client, tmp_path, github):
    github.scopes = None
    github.forbidden = {"/actions/runs", "/pulls"}

    findings = await registration.check(config, lend(tmp_path, http=client))

    assert findings[1].status == "degraded"
    assert findings[1].fix.endswith("to the token or App: Pull requests, Actions")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"token": "ghp_other"}, "GitHub refuses it: expired, revoked or mistyped"),
        ({"retry_after": 60}, "GitHub asks to be left alone for a while"),
        ({"repositories": {}}, "GitHub does not show /repos/acme/shop"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_doctor_says_how_to_mend_it(config, client, tmp_path, github, change, words):
    for name, value in change.items():
        setattr(github, name, value)

    *_, finding = await registration.check(config, lend(tmp_path, http=client))

    assert finding.status == "degraded"
    assert words in finding.message
    assert finding.fix
    assert config.token not in repr(finding)


@pytest_twisted.ensureDeferred
async def test_doctor_says_that_nobody_is_there(config, client, tmp_path, server):
    await server.stop()

    (finding,) = await registration.check(config, lend(tmp_path, http=client))

    assert (finding.about, finding.status) == ("service", "degraded")
