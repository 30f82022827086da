"""One connection: bounds in time and size, one request after another."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred

from orgloop.http.channel import HEADER_SECONDS, IDLE_SECONDS, LINGER_SECONDS, REQUEST_SECONDS
from orgloop.http.site import MAX_BODY_BYTES, MAX_CONNECTIONS
from support.http_fakes import Door
from support.http_wire import BEARER, Server, Wire

POST = b"POST /webhook/hook HTTP/1.1\r\nHost: localhost\r\n"
LIVE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def server() -> Server:
    server = Server(max_body=1000)
    server.runtime.doors = [Door()]
    return server


@pytest.fixture
def wire(server: Server) -> Wire:
    return server.connect()


def test_a_connection_is_kept_for_the_next_request(server: Server, wire: Wire) -> None:
    for _ in range(3):
        assert wire.ask("POST", "/webhook/hook", b"{}").status == 200
        assert wire.ask("GET", "/api/status", headers=BEARER).status == 200
        assert wire.ask("GET", "/nowhere", headers=BEARER).status == 404
    assert wire.transport.open


@pytest.mark.parametrize(
    "head",
    [
        b"GET /health/live HTTP/1.0\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ],
)
def test_a_connection_ends_where_the_client_wants_that(wire: Wire, head: bytes) -> None:
    wire.send(head)

    assert wire.replies()[0].headers["Connection"] == "close"
    assert wire.transport.disconnecting


def test_head_is_get_without_a_body(wire: Wire) -> None:
    for path, headers in (("/health/live", {}), ("/api/status", BEARER), ("/api/events", BEARER)):
        head = wire.ask("HEAD", path, headers=headers)
        get = wire.ask("GET", path, headers=headers)
        assert (head.status, head.body) == (get.status, b"")
        assert head.headers["Content-Length"] == str(len(get.body))


def test_answers_carry_a_date_and_may_not_be_cached(wire: Wire) -> None:
    headers = wire.ask("GET", "/health/live").headers

    assert headers["Date"] == "Sat, 31 Jan 2026 08:00:00 GMT"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Type"] == "application/json"


# --- too much


def test_a_declared_length_above_the_limit_is_refused_unread(wire: Wire) -> None:
    wire.send(POST + b"Content-Length: 1001\r\n\r\n")

    assert wire.replies()[0].status == 413
    assert wire.transport.half_closed


@pytest.mark.parametrize("digit", [b"9", b"0"])
def test_a_length_with_thousands_of_digits_is_only_too_large(wire: Wire, digit: bytes) -> None:
    wire.send(POST + b"content-length:" + digit * 5000 + b"\r\n\r\n")

    assert wire.replies()[0].status == 413


def test_chunks_are_counted_as_they_come(server: Server, wire: Wire) -> None:
    wire.send(POST + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(10):
        wire.send(b"64\r\n" + b" " * 100 + b"\r\n")
    assert wire.replies() == []

    wire.send(b"1\r\n \r\n")

    assert wire.replies()[0].status == 413
    assert wire.transport.half_closed
    wire.send(b"1\r\n \r\n0\r\n\r\n")
    assert wire.replies() == []
    assert server.runtime.doors[0].drafts == []


def test_a_body_in_chunks_is_put_together(server: Server, wire: Wire) -> None:
    wire.send(POST + b'Transfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n5\r\n": 1}\r\n0\r\n\r\n')

    assert wire.replies()[0].status == 200
    assert server.runtime.doors[0].drafts[0].payload == {"a": 1}


def test_a_body_of_countless_tiny_chunks_is_refused() -> None:
    server = Server()
    server.runtime.doors = [Door()]
    wire = server.connect()

    wire.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 5000)

    assert wire.replies()[0].code == "tiny_chunks"
    wire.lose()


def test_what_is_refused_with_a_body_is_answered_at_once_and_the_rest_thrown_away(
    server: Server, wire: Wire
) -> None:
    wire.send(b"POST /api/nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n")
    assert wire.replies()[0].status == 401

    wire.send(b"x" * 500 + LIVE)

    assert wire.replies() == []
    server.clock.advance(LINGER_SECONDS + 1)
    assert wire.transport.aborted


def test_an_unknown_path_is_known_before_the_body(wire: Wire) -> None:
    token = f"Authorization: {BEARER['Authorization']}\r\n".encode()
    head = b"POST /api/nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n" + token

    wire.send(head + b"\r\n")

    assert wire.replies()[0].status == 404


def test_the_client_is_told_to_go_on_only_if_its_body_is_wanted(server: Server) -> None:
    wanted, unwanted = server.connect(), server.connect()
    expect = b"Expect: 100-continue\r\nContent-Length: "

    wanted.send(POST + expect + b"2\r\n\r\n")
    unwanted.send(POST + expect + b"2000\r\n\r\n")

    assert wanted.transport.value() == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert unwanted.replies()[0].status == 413


def test_bodies_in_flight_are_bounded_and_the_room_is_given_back() -> None:
    server = Server(max_body=MAX_BODY_BYTES)
    server.runtime.doors = [Door()]
    first, second = server.connect(), server.connect()
    size = MAX_BODY_BYTES - 1000
    first.send(POST + b"Content-Length: %d\r\n\r\n" % size)
    first.send(b" " * (size - 1))

    second.send(POST + b"Content-Length: 2000\r\n\r\n")
    assert (second.replies()[0].status) == 503

    first.lose()
    third = server.connect()
    assert third.ask("POST", "/webhook/hook", b"{}" + b" " * 1998).status == 200


def test_the_room_of_an_answered_request_is_free_again(server: Server, wire: Wire) -> None:
    before = server.site.traffic._room

    for body in (b"{}", b"nope"):
        wire.ask("POST", "/webhook/hook", body)

    assert server.site.traffic._room == before


def test_connections_beyond_the_bound_are_told_so(server: Server) -> None:
    wires = [server.connect() for _ in range(MAX_CONNECTIONS)]

    turned_away = server.connect()

    assert turned_away.replies()[0].status == 503
    assert turned_away.transport.disconnecting
    wires[0].lose()
    assert server.ask("GET", "/health/live").status == 200


# --- too slow


def test_headers_must_come_in_time(server: Server, wire: Wire) -> None:
    wire.send(b"GET /health/live HTTP/1.1\r\n")
    for _ in range(int(HEADER_SECONDS) - 1):
        server.clock.advance(1)
        wire.send(b"X-A: 1\r\n")
    assert wire.transport.open

    server.clock.advance(2)

    assert wire.replies()[0].status == 408
    assert wire.transport.disconnecting


def test_the_whole_request_must_come_in_time(server: Server, wire: Wire) -> None:
    wire.send(POST + b"Content-Length: 500\r\n\r\n")
    for _ in range(int(REQUEST_SECONDS) - 2):
        server.clock.advance(1)
        wire.send(b" ")
    assert wire.transport.open

    server.clock.advance(3)

    assert wire.replies()[0].status == 408


def test_a_connection_that_says_nothing_is_closed(server: Server, wire: Wire) -> None:
    server.clock.advance(HEADER_SECONDS + 1)

    assert wire.transport.disconnecting
    assert wire.replies() == []


def test_an_idle_connection_is_closed_after_a_while(server: Server, wire: Wire) -> None:
    wire.ask("GET", "/health/live")
    server.clock.advance(IDLE_SECONDS - 1)
    assert wire.transport.open

    server.clock.advance(2)

    assert wire.transport.disconnecting


def test_the_client_is_not_late_while_it_waits_for_us(server: Server, wire: Wire) -> None:
    door = server.runtime.doors[0]
    door.wait = Deferred()
    wire.send(POST + b"Content-Length: 2\r\n\r\n{}")

    server.clock.advance(10 * REQUEST_SECONDS)

    assert wire.transport.open
    door.wait.callback(None)
    assert wire.replies()[0].status == 200


def test_there_is_no_timer_without_a_connection(server: Server, wire: Wire) -> None:
    assert len(server.clock.getDelayedCalls()) == 1

    wire.lose()

    assert server.clock.getDelayedCalls() == []


# --- one after another


def test_pipelined_requests_are_answered_in_order(server: Server, wire: Wire) -> None:
    wire.send(LIVE + POST + b"Content-Length: 2\r\n\r\n{}" + LIVE)

    assert [len(reply.json) for reply in wire.replies()] == [1, 5, 1]


def test_many_pipelined_requests_let_others_have_their_turn(server: Server, wire: Wire) -> None:
    wire.send(LIVE * 100)

    at_once = len(wire.replies())
    assert at_once < 20
    later = 0
    while server.clock.getDelayedCalls()[0].getTime() <= server.clock.seconds():
        server.clock.advance(0)
        later += len(wire.replies())
    assert at_once + later == 100


def test_a_connection_lost_between_two_turns_leaves_nothing(server: Server, wire: Wire) -> None:
    wire.send(LIVE * 100)

    wire.lose()

    assert server.clock.getDelayedCalls() == []


def test_what_follows_a_request_under_way_waits(server: Server, wire: Wire) -> None:
    door = server.runtime.doors[0]
    door.wait = Deferred()
    wire.send(POST + b"Content-Length: 2\r\n\r\n{}" + LIVE)
    wire.send(LIVE * 1000)
    assert wire.transport.producerState == "paused"
    assert wire.replies() == []

    door.wait.callback(None)

    assert [reply.status for reply in wire.replies()][:2] == [200, 200]


def test_closing_the_port_ends_idle_connections_and_lets_others_finish(server: Server) -> None:
    door = server.runtime.doors[0]
    door.wait = Deferred()
    idle, busy = server.connect(), server.connect()
    busy.send(POST + b"Content-Length: 2\r\n\r\n{}")

    server.site.stopFactory()

    assert idle.transport.disconnecting
    assert busy.transport.open
    door.wait.callback(None)
    assert busy.replies()[0].headers["Connection"] == "close"
    assert busy.transport.disconnecting


def test_a_connection_that_waited_for_an_answer_may_be_idle_as_long_as_any(
    server: Server, wire: Wire
) -> None:
    door = server.runtime.doors[0]
    door.wait = Deferred()
    wire.send(POST + b"Content-Length: 2\r\n\r\n{}")
    door.wait.callback(None)

    server.clock.pump([1.0] * int(IDLE_SECONDS - 1))

    assert [reply.status for reply in wire.replies()] == [200]
    assert wire.transport.open


def test_a_site_that_leaves_ends_each_connection_with_its_next_answer(server: Server) -> None:
    door = server.runtime.doors[0]
    door.wait = Deferred()
    idle, busy = server.connect(), server.connect()
    busy.send(POST + b"Content-Length: 2\r\n\r\n{}")

    server.site.is_leaving = True
    idle.send(LIVE)
    door.wait.callback(None)

    for wire in (idle, busy):
        assert [reply.headers["Connection"] for reply in wire.replies()] == ["close"]
        assert wire.transport.disconnecting


def test_a_site_that_leaves_answers_what_was_sent_in_one_go(server: Server, wire: Wire) -> None:
    server.site.is_leaving = True

    wire.send(LIVE * 3)

    replies = wire.replies()
    assert [reply.status for reply in replies] == [200] * 3
    assert [reply.headers.get("Connection") for reply in replies] == [None, None, "close"]
    assert wire.transport.disconnecting


def test_a_site_that_has_left_closes_only_connections_without_a_request(server: Server) -> None:
    door = server.runtime.doors[0]
    door.wait = Deferred()
    idle, begun, busy, late = (server.connect() for _ in range(4))
    begun.send(LIVE[:10])
    late.transport.unread = LIVE
    busy.send(POST + b"Content-Length: 2\r\n\r\n{}")

    server.site.close_silent()

    assert idle.transport.disconnecting
    assert begun.transport.open
    assert busy.transport.open
    assert late.transport.open


# --- what is not HTTP, or not ours

BARE_400 = b"HTTP/1.1 400 Bad Request\r\n\r\n"


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
        b"GET\r\n",
        b"GET  / HTTP/1.1\r\n",
        b"GET / HTTP/2.0\r\n",
        b"G@T / HTTP/1.1\r\n",
        b"GET /\x01 HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n: empty\r\n\r\n",
        b"GET / HTTP/1.1\r\nA B: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: \x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: 1e3\r\n\r\n",
        POST + b"Content-Length: +2\r\n\r\n",
        POST + b"Content-Length: 2, 2\r\n\r\n",
        POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n",
        POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n",
        POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}oops",
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 2000,
        b"GET / HTTP/1.1\r\n" + b"A: 1\r\n" * 5000,
        b"GET /" + b"a" * 20000,
        b"GET / HTTP/1.1\r\nA: " + b"a" * 20000,
    ],
)
def test_what_does_not_parse_gets_a_bare_400_and_an_end(wire: Wire, data: bytes) -> None:
    wire.send(data)

    assert wire.transport.value() == BARE_400
    assert wire.transport.half_closed
    wire.send(LIVE)
    assert wire.transport.value() == BARE_400


@pytest.mark.parametrize(
    "target", [b"*", b"localhost:80", b"http://other/health/live", b"ftp://localhost/", b"http://"]
)
def test_a_target_that_is_not_ours_is_refused(wire: Wire, target: bytes) -> None:
    wire.send(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert wire.replies()[0].code == "bad_target"


def test_a_whole_url_is_as_good_as_its_path(wire: Wire) -> None:
    wire.send(b"GET HTTP://LocalHost/health/live?a=b HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert wire.replies()[0].json == {"status": "live"}


def test_an_empty_line_before_a_request_is_forgiven(wire: Wire) -> None:
    wire.send(b"\r\n" + LIVE)

    assert wire.replies()[0].status == 200


def test_a_request_comes_as_well_byte_by_byte(wire: Wire) -> None:
    for byte in POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n":
        wire.send(bytes([byte]))

    assert wire.replies()[0].status == 200


def test_no_more_is_read_while_enough_waits_behind_a_request() -> None:
    server = Server()
    door = Door(wait=Deferred())
    server.runtime.doors = [door]
    wire = server.connect()
    request = b"POST /webhook/hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"

    wire.send(request * 300)

    assert wire.transport.producerState == "paused"
    assert door.wait is not None
    door.wait.callback(None)
    server.clock.pump([0.0] * 100)
    assert len(wire.replies("POST")) == 300
    assert wire.transport.producerState == "producing"
    wire.lose()


def test_no_more_is_read_while_a_client_takes_no_answers() -> None:
    server = Server()
    server.runtime.doors = [Door(wait=Deferred())]
    wire = server.connect()
    wire.send(b"POST /webhook/hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")
    wire.channel.pauseProducing()

    wire.send(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000)

    assert wire.transport.producerState == "paused"
    wire.lose()
