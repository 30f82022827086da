import gzip

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.task import deferLater
from zope.interface.verify import verifyObject

from orgloop.errors import ConnectionRefused, InvalidValue, RequestFailed
from orgloop.interfaces import IHTTPClient
from orgloop.sdk.http import HTTPClient
from orgloop.testing.httpserver import Answer, ScriptedHTTPServer


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


def started(coroutine) -> Deferred:
    return Deferred.fromCoroutine(coroutine)


async def turn() -> None:
    await deferLater(reactor, 0.02)


def test_it_is_an_http_client(client):
    verifyObject(IHTTPClient, client)


@pytest_twisted.ensureDeferred
async def test_a_request_arrives_as_it_was_asked_for(server, client):
    server.answer(Answer(status=201, headers={"X-One": "a", "x-two": "ü"}, body=b"made"))

    response = await client.request(
        "POST", server.url("/a b?x=%20ü"), headers={"X-Thing": "1"}, body=b"hello"
    )

    assert (response.status, response.body) == (201, b"made")
    assert (response.headers["x-one"], response.headers["x-two"]) == ("a", "ü")
    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/a%20b?x=%20%C3%BC")
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert request.headers["content-length"] == "5"
    assert request.headers["x-thing"] == "1"
    assert request.body == b"hello"


@pytest_twisted.ensureDeferred
async def test_requests_share_a_connection(server, client):
    for _ in range(5):
        await client.request("GET", server.url())

    assert server.connections == 1


@pytest_twisted.ensureDeferred
async def test_requests_at_the_same_time_have_connections_of_their_own(server, client):
    release = Deferred()
    server.answer(Answer(after=release, body=b"slow"), Answer(body=b"fast"))

    slow = started(client.request("GET", server.url()))
    await server.received(1)
    fast = await client.request("GET", server.url())
    release.callback(None)

    assert (fast.body, (await slow).body) == (b"fast", b"slow")
    assert server.connections == 2


@pytest_twisted.ensureDeferred
async def test_a_connection_the_server_closed_while_idle_is_not_used(server, client):
    await client.request("GET", server.url())
    server.drop_connections()
    # No turn of the reactor: the client has not been told.
    response = await client.request("POST", server.url(), body=b"once")
    await turn()

    assert response.status == 200
    assert [request.method for request in server.requests] == ["GET", "POST"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(close=True, headers={"Connection": "close"}),
        Answer(raw=b"HTTP/1.1 200 OK\r\n\r\n{}", close=True),
        Answer(raw=b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}garbage"),
        Answer(
            raw=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 500 No\r\nX: y\r\n\r\n"
        ),
        Answer(raw=b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n\0\1"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_connection_that_cannot_be_trusted_further_is_not_used_again(
    server, client, answer
):
    server.answer(answer)

    first = await client.request("GET", server.url())
    second = await client.request("GET", server.url())

    assert first.status in (200, 101)
    assert "x" not in first.headers
    assert second.json() == {"ok": True}
    assert server.connections == 2


CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
)
INTERIM = (
    b"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 103 Hints\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
)
REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "status", "body"),
    [
        (CHUNKED, 200, b"abcde"),
        (INTERIM, 200, b"x"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", 304, b""),
        (REDIRECT, 302, b""),
    ],
)
@pytest_twisted.ensureDeferred
async def test_every_form_of_an_answer_is_read(server, client, raw, status, body):
    server.answer(Answer(raw=raw))

    response = await client.request("GET", server.url())
    await client.request("GET", server.url())

    assert (response.status, response.body) == (status, body)
    assert "x" not in response.headers
    assert server.connections == 1


@pytest_twisted.ensureDeferred
async def test_the_answer_to_head_has_no_body(server, client):
    server.answer(Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"))

    response = await client.request("HEAD", server.url())

    assert (response.body, response.headers["content-length"]) == (b"", "1000")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(reset=True), "connection was lost"),
        (Answer(raw=b"", close=True), "connection was lost"),
        (Answer(raw=b"SSH-2.0-OpenSSH_9\r\n"), "not HTTP"),
        (
            Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", close=True),
            "lost before",
        ),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "not HTTP"),
        (Answer(raw=b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000), "too large"),
        (Answer(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000), "too large"),
        (Answer(body=b"x" * 2_000), "larger than 1000 bytes"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_no_answer_is_a_failure_that_may_have_arrived(server, client, answer, message):
    server.answer(answer)

    with pytest.raises(RequestFailed, match=message) as failed:
        await client.request("GET", server.url("/secret"), max_body_bytes=1000)

    assert failed.value.maybe_sent
    assert "secret" not in str(failed.value)


@pytest_twisted.ensureDeferred
async def test_a_connection_nobody_takes_is_a_failure_that_did_not_arrive(server, client):
    url = server.url()
    await server.stop()
    server._port = None

    with pytest.raises(RequestFailed, match=r"cannot connect.*refused") as failed:
        await client.request("GET", url)

    assert not failed.value.maybe_sent


@pytest_twisted.ensureDeferred
async def test_a_server_that_does_not_speak_tls_is_a_failure_that_did_not_arrive(server, client):
    with pytest.raises(RequestFailed, match="TLS could not be set up") as failed:
        await client.request("GET", f"https://127.0.0.1:{server.port}/")

    assert not failed.value.maybe_sent
    assert server.requests == []


@pytest_twisted.ensureDeferred
async def test_an_answer_too_late_is_a_failure(server, client):
    server.answer(Answer(silent=True))

    with pytest.raises(RequestFailed, match=r"no answer within 0\.05 s"):
        await client.request("GET", server.url(), timeout_seconds=0.05)


@pytest_twisted.ensureDeferred
async def test_cancelling_closes_the_connection(server, client):
    server.answer(Answer(silent=True))
    request = started(client.request("GET", server.url()))
    await server.received(1)

    request.cancel()
    with pytest.raises(CancelledError):
        await request
    while server._open:
        await turn()


@pytest_twisted.ensureDeferred
async def test_closing_fails_what_is_under_way_and_what_comes_later(server, client):
    server.answer(Answer(silent=True))
    request = started(client.request("GET", server.url()))
    await server.received(1)

    await client.close()

    with pytest.raises(RequestFailed, match="closed"):
        await request
    with pytest.raises(RequestFailed, match="closed"):
        await client.request("GET", server.url())


@pytest_twisted.ensureDeferred
async def test_closing_fails_what_is_still_connecting(server, client):
    request = started(client.request("GET", server.url()))

    await client.close()

    with pytest.raises(RequestFailed, match="closed"):
        await request
    assert server.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433"])
@pytest_twisted.ensureDeferred
async def test_private_addresses_can_be_refused(server, client, host):
    await client.request("GET", server.url())  # leaves a connection that must not be shared

    with pytest.raises(ConnectionRefused, match="not a public address"):
        await client.request("GET", f"http://{host}:{server.port}/", allow_private=False)

    assert len(server.requests) == 1


@pytest_twisted.ensureDeferred
async def test_a_large_body_arrives_whole(server, client):
    body = gzip.compress(b"x" * 1_000_000, 0)

    await client.request("PUT", server.url(), body=body)

    assert server.requests[0].body == body


@pytest_twisted.ensureDeferred
async def test_many_requests_at_once_are_all_answered(server, client):
    server.otherwise = lambda request: Answer(body=request.body)

    answers = await gatherResults(
        [started(client.request("POST", server.url(), body=b"%d" % n)) for n in range(100)],
        consumeErrors=True,
    )

    assert [answer.body for answer in answers] == [b"%d" % n for n in range(100)]
    assert len(client._idle) == 1
    assert len(next(iter(client._idle.values()))) <= 64


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"X-A": "b\r\nX-C: d"}, "control characters"),
        ({"X-A": "\u20ac"}, "Latin-1"),
        ({"X A": "b"}, "not the name"),
        ({"": "b"}, "not the name"),
        ({"Content-Length": "3"}, "set by the HTTP client"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_a_header_that_would_break_the_request_is_refused(server, client, headers, message):
    with pytest.raises(InvalidValue, match=message):
        await client.request("GET", server.url(), headers=headers)

    assert server.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/relative",
        "ftp://host/",
        "http://",
        "http://user:password@host/",
        "http://host:99999/",
        "http://a b/",
    ],
)
@pytest_twisted.ensureDeferred
async def test_what_is_no_url_is_refused(client, url):
    with pytest.raises(InvalidValue):
        await client.request("GET", url)
