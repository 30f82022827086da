"""How the dashboard gets in, and what it may do then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orgloop.delivery import DeliveryState
from orgloop.http.credentials import CODE_SECONDS, SESSION_SECONDS
from support.http_fakes import Shop, row
from support.http_wire import BEARER, Reply, Server

OWN = {"Origin": "http://127.0.0.1:4800", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def server() -> Server:
    server = Server()
    shop = Shop()
    states = (DeliveryState.DEAD, DeliveryState.HELD, DeliveryState.WAITING)
    shop.queue.rows = [row(seq, state=state) for seq, state in enumerate(states, 1)]
    server.runtime.projects = {"shop": shop}
    return server


def new_code(server: Server) -> str:
    code: str = server.ask("POST", "/control/ui-code", headers=BEARER).json["code"]
    return code


def exchange(server: Server, code: str, **more: Any) -> Reply:
    return server.ask("POST", "/ui/session", json.dumps({"code": code}).encode(), **more)


def session(server: Server) -> dict[str, str]:
    token = exchange(server, new_code(server)).json["token"]
    return {"Authorization": f"Bearer {token}"}


def test_a_code_opens_one_session_of_twelve_hours(server: Server) -> None:
    given = server.ask("POST", "/control/ui-code", headers=BEARER)
    assert given.json["expires_in"] == 30

    opened = exchange(server, given.json["code"], headers=OWN)

    assert (opened.status, opened.json["expires_in"]) == (200, 12 * 3600)
    key = {"Authorization": f"Bearer {opened.json['token']}", **OWN}
    assert server.ask("GET", "/api/status", headers=key).status == 200
    again = exchange(server, given.json["code"])
    assert (again.status, again.code) == (401, "wrong_code")


def test_a_code_costs_the_control_token(server: Server) -> None:
    assert server.ask("POST", "/control/ui-code").status == 401
    assert server.ask("POST", "/control/ui-code", headers=session(server)).status == 403


def test_a_code_is_worthless_after_half_a_minute(server: Server) -> None:
    code = new_code(server)
    server.clock.advance(CODE_SECONDS)

    assert exchange(server, code).status == 401


def test_of_many_codes_the_oldest_are_forgotten(server: Server) -> None:
    codes = [new_code(server) for _ in range(20)]

    assert exchange(server, codes[0]).status == 401
    assert exchange(server, codes[-1]).status == 200


def test_a_session_ends_after_its_time(server: Server) -> None:
    key = session(server)
    server.clock.advance(SESSION_SECONDS - 1)
    assert server.ask("GET", "/api/status", headers=key).status == 200
    server.clock.advance(1)

    assert server.ask("GET", "/api/status", headers=key).status == 401


def test_a_session_ends_itself_and_no_other(server: Server) -> None:
    mine, other = session(server), session(server)

    assert server.ask("DELETE", "/ui/session", headers=mine).status == 200

    assert server.ask("GET", "/api/status", headers=mine).status == 401
    assert server.ask("GET", "/api/status", headers=other).status == 200
    assert server.ask("DELETE", "/ui/session", headers=mine).status == 401
    assert server.ask("DELETE", "/ui/session", headers=BEARER).status == 401


READS = [
    "/api/status", "/api/sources", "/api/actors", "/api/routes", "/api/events", "/api/queue",
    "/api/deliveries", "/api/audit", "/api/inbox/list", "/api/inbox/status", "/api/checkpoints",
    "/api/metrics",
]  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_a_session_reads(server: Server, path: str) -> None:
    assert server.ask("GET", path, headers=session(server)).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/control/status"),
        ("GET", "/control/module/list"),
        ("POST", "/control/shutdown"),
        ("POST", "/control/token/rotate"),
        ("POST", "/api/events"),
        ("POST", "/api/events/evt_1/replay"),
        ("POST", "/api/replay"),
        ("GET", "/api/inbox/drain?session_key=a"),
        ("GET", "/api/inbox/dr%61in?session_key=a"),
        ("HEAD", "/api/inbox/drain?session_key=a"),
        ("POST", "/api/inbox/ack"),
        ("PUT", "/api/checkpoints/hook"),
        ("DELETE", "/api/checkpoints/hook"),
    ],
)
@pytest.mark.parametrize("body", [None, b"{}"])
def test_a_session_may_do_nothing_that_is_not_the_dashboards(
    server: Server, method: str, path: str, body: bytes | None
) -> None:
    wire = server.connect()
    key = session(server)["Authorization"]
    length = f"Content-Length: {len(body)}\r\n" if body else ""

    wire.send(
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {key}\r\n"
        f"{length}\r\n".encode()
    )

    [reply] = wire.replies(method)
    assert reply.status == 403
    assert method == "HEAD" or reply.code == "not_for_sessions"
    wire.lose()


def test_a_session_does_not_open_an_unsigned_door(server: Server) -> None:
    assert server.ask("POST", "/webhook/none", b"{}", session(server)).status == 404


def test_a_session_retries_discards_and_releases(server: Server) -> None:
    key = session(server)
    dead, held, _ = server.runtime.projects["shop"].queue.rows

    def act(verb: str, delivery: str) -> str:
        reply = server.ask("POST", f"/api/deliveries/{delivery}/{verb}", b"{}", key)
        state: str = reply.json["state"]
        return state

    assert act("retry", dead.id) == "waiting"
    assert act("release", held.id) == "waiting"


def test_a_session_discards_no_delivery_that_waits_its_turn(server: Server) -> None:
    key = session(server)
    waiting = server.runtime.projects["shop"].queue.rows[2]
    path = f"/api/deliveries/{waiting.id}/discard"

    refused = server.ask("POST", path, b"{}", key)
    many = server.ask("POST", "/api/deliveries/discard", b'{"state": "waiting"}', key)
    ids = json.dumps({"ids": [one.id for one in server.runtime.projects["shop"].queue.rows]})
    by_id = server.ask("POST", "/api/deliveries/discard", ids.encode(), key)

    assert (refused.status, refused.code) == (409, "wrong_state")
    assert (many.status, many.code) == (400, "bad_field")
    assert by_id.json["count"] == 2
    assert server.ask("POST", path, b"{}", BEARER).json["state"] == "discarded"


def test_guessing_is_stopped_and_goes_on_after_a_while(server: Server) -> None:
    tries = [exchange(server, f"wrong-{number}").status for number in range(11)]
    code = new_code(server)
    stopped = exchange(server, code)

    assert tries == [401] * 10 + [429]
    assert (stopped.status, stopped.headers["Retry-After"]) == (429, "60")
    server.clock.advance(60)
    assert exchange(server, new_code(server)).status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "bad_field"), (b"{}", "bad_field"), (b"[]", "invalid_body"), (b"x", "invalid_body"),
     (b'{"code": 1}', "bad_field"), (b'{"kode": "a"}', "bad_field")],
)  # fmt: skip
def test_a_body_without_a_code_is_refused(server: Server, body: bytes, code: str) -> None:
    reply = server.ask("POST", "/ui/session", body)

    assert (reply.status, reply.code) == (400, code)


def test_a_body_for_a_code_is_short_and_says_so(server: Server) -> None:
    long = server.ask("POST", "/ui/session", b" " * 1025)
    wire = server.connect()
    wire.send(b"POST /ui/session HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")

    assert long.code == "too_large"
    assert wire.replies()[0].status == 413
    wire.lose()


@pytest.mark.parametrize(
    ("headers", "host", "status"),
    [
        ({"Origin": "http://evil.example"}, "127.0.0.1:4800", 403),
        ({"Sec-Fetch-Site": "cross-site"}, "127.0.0.1:4800", 403),
        ({"X-Forwarded-For": "203.0.113.7"}, "127.0.0.1:4800", 403),
        ({}, "evil.example", 421),
    ],
)
def test_a_code_from_elsewhere_is_not_even_looked_at(
    server: Server, headers: dict[str, str], host: str, status: int
) -> None:
    code = new_code(server)

    assert exchange(server, code, headers=headers, host=host).status == status
    assert exchange(server, code).status == 200


def test_other_methods_of_a_session_are_refused(server: Server) -> None:
    reply = server.ask("GET", "/ui/session")

    assert reply.status == 405
    assert set(reply.headers["Allow"].split(", ")) == {"DELETE", "POST"}


def test_webhooks_have_a_port_on_which_there_is_no_dashboard() -> None:
    server = Server(webhooks_only=True)

    assert exchange(server, "a").status == 404
    assert server.ask("GET", "/").status == 404
