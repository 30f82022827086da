"""Who may call what, decided from the headers."""

from __future__ import annotations

import pytest

from orgloop.config.model import HTTPSettings, WebhookListener
from orgloop.errors import OrgLoopError
from orgloop.http.gate import check_settings
from support.http_fakes import Door, HookSource
from support.http_wire import BEARER, Server


@pytest.fixture
def server() -> Server:
    server = Server(allowed_hosts=("hooks.example.org",), trusted_proxies=("10.0.0.0/8",))
    server.runtime.doors = [Door(), Door(source_id="signed", source=HookSource(is_signed=True))]
    return server


@pytest.mark.parametrize("path", ["//", "/control/status", "/api/status", "/nowhere", "/uix"])
def test_everything_but_health_and_webhooks_wants_the_token(server: Server, path: str) -> None:
    reply = server.ask("GET", path)

    assert (reply.status, reply.code) == (401, "unauthorized")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/", "/ui", "/ui/app.js", "/health", "/health/", "/health/x"])
def test_what_is_missing_where_no_token_is_wanted_is_not_found(server: Server, path: str) -> None:
    assert server.ask("GET", path).status == 404


def test_a_page_is_for_who_names_this_machine_and_comes_without_a_proxy(server: Server) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.7"}

    assert server.ask("GET", "/ui/app.js", host="elsewhere.example").status == 421
    assert server.ask("GET", "/", headers=forwarded).status == 403


def test_an_encoded_slash_is_no_part_of_an_alias(server: Server) -> None:
    server.runtime.doors = [Door(source=HookSource(path="/in/hook"))]

    assert server.ask("POST", "/in/hook", b"{}").status == 200
    assert server.ask("POST", "/%69n/hook", b"{}").status == 200
    assert server.ask("POST", "/in%2fhook", b"{}").status == 401


@pytest.mark.parametrize("value", ["Bearer ", "Bearer wrong", "Basic abc", "Bearer é", ""])
def test_a_wrong_token_is_no_token(server: Server, value: str) -> None:
    assert server.ask("GET", "/api/status", headers={"Authorization": value}).status == 401


def test_two_authorization_headers_are_no_token(server: Server) -> None:
    wire = server.connect()
    token = f"Authorization: {BEARER['Authorization']}\r\n"

    wire.send(f"GET /api/status HTTP/1.1\r\nHost: localhost\r\n{token}{token}\r\n".encode())

    assert wire.replies()[0].status == 401
    wire.lose()


def test_the_token_opens_and_the_scheme_may_be_written_small(server: Server) -> None:
    small = {"Authorization": BEARER["Authorization"].replace("Bearer", "bearer")}

    assert server.get("/api/status").status == 200
    assert server.ask("GET", "/api/status", headers=small).status == 200


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:4800", "127.0.0.1", "127.8.9.1:1", "[::1]:4800", "Hooks.example.org"],
)
def test_loopback_and_listed_hosts_may_control(server: Server, host: str) -> None:
    assert server.get("/api/status", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "a b", "0.0.0.0", "é"],
)
def test_other_hosts_are_misdirected(server: Server, host: str) -> None:
    assert server.get("/api/status", host=host).status == 421


def test_health_and_signed_webhooks_may_be_addressed_by_any_name(server: Server) -> None:
    assert server.ask("GET", "/health/ready", host="tunnel.example").status == 200
    signed = server.ask("POST", "/webhook/signed", b"{}", {"X-Good": "yes"}, host="tunnel.example")
    assert signed.status == 200


def test_an_unsigned_webhook_takes_only_known_hosts(server: Server) -> None:
    assert server.ask("POST", "/webhook/hook", b"{}", host="tunnel.example").status == 421
    assert server.ask("POST", "/webhook/hook", b"{}", host="hooks.example.org").status == 200


@pytest.mark.parametrize("path", ["/api/status", "/health/live", "/webhook/hook", "/nowhere"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "Cross-Site"},
    ],
)
def test_other_web_pages_are_turned_away_everywhere(
    server: Server, path: str, headers: dict[str, str]
) -> None:
    method = "POST" if path.startswith("/webhook") else "GET"

    reply = server.ask(method, path, headers={**BEARER, **headers})

    assert (reply.status, reply.code) == (403, "foreign_origin")


def test_a_page_under_a_strange_name_is_not_our_own(server: Server) -> None:
    origin = {"Origin": "http://evil.example:4800"}

    reply = server.ask(
        "POST", "/webhook/signed", b"{}", {**origin, "X-Good": "yes"}, host="evil.example:4800"
    )

    assert reply.status == 403


def test_our_own_page_may_ask(server: Server) -> None:
    own = {"Origin": "http://127.0.0.1:4800", "Sec-Fetch-Site": "same-origin", **BEARER}

    assert server.ask("GET", "/api/status", headers=own).status == 200


@pytest.mark.parametrize(
    "name",
    ["Forwarded", "X-Forwarded-For", "x-forwarded-anything", "X-Real-IP", "CF-Connecting-IP"],
)
def test_what_a_proxy_forwards_reaches_webhooks_and_health_only(server: Server, name: str) -> None:
    forwarded = {name: "for=1.2.3.4"}

    assert server.ask("GET", "/api/status", headers={**BEARER, **forwarded}).code == "forwarded"
    assert server.ask("GET", "/health/live", headers=forwarded).status == 200
    assert server.ask("POST", "/webhook/hook", b"{}", forwarded).status == 200


def test_a_trusted_proxy_may_forward_control_requests(server: Server) -> None:
    headers = {**BEARER, "X-Forwarded-For": "1.2.3.4"}

    trusted = server.connect(peer="10.1.2.3")
    stranger = server.connect(peer="11.1.2.3")

    assert trusted.ask("GET", "/api/status", headers=headers).status == 200
    assert stranger.ask("GET", "/api/status", headers=headers).status == 403
    trusted.lose()
    stranger.lose()


def test_without_auth_the_token_is_not_asked_for_and_the_rest_still_holds() -> None:
    server = Server(auth="none")

    assert server.ask("GET", "/api/status").status == 200
    assert server.ask("GET", "/api/status", host="evil.example").status == 421


@pytest.mark.parametrize(
    "settings",
    [
        HTTPSettings(auth="none", host="0.0.0.0"),
        HTTPSettings(auth="none", webhooks=WebhookListener(port=4801)),
    ],
)
def test_no_auth_beyond_loopback_or_with_a_second_listener_is_refused(
    settings: HTTPSettings,
) -> None:
    with pytest.raises(OrgLoopError, match=r"http\.auth: none"):
        check_settings(settings)


def test_a_trusted_proxy_that_is_no_address_is_refused() -> None:
    with pytest.raises(OrgLoopError, match="trusted_proxies"):
        Server(trusted_proxies=("proxy.example",))


def test_the_second_listener_serves_webhooks_and_health_and_nothing_else() -> None:
    server = Server(webhooks_only=True)
    server.runtime.doors = [Door(source=HookSource(path="/my/hook"))]

    assert server.get("/api/status").status == 404
    assert server.get("/control/status").status == 404
    assert server.ask("GET", "/health/live").status == 200
    assert server.ask("POST", "/webhook/hook", b"{}").status == 200
    assert server.ask("POST", "/my/hook", b"{}").status == 200


def test_the_wrong_method_is_told_the_right_one(server: Server) -> None:
    assert server.ask("GET", "/webhook/hook").headers["Allow"] == "POST"
    assert server.ask("DELETE", "/health/live").headers["Allow"] == "GET, HEAD"
    for method in ("OPTIONS", "PATCH", "BREW"):
        reply = server.ask(method, "/api/events", headers=BEARER)
        assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    "path",
    ["/control/reload", "/api/nothing", "//", "/api//status", "/api/", "/api%2fstatus", "/%61pi/x"],
)
def test_a_path_means_what_it_says(server: Server, path: str) -> None:
    assert server.get(path).status == 404


def test_a_path_that_is_not_utf_8_is_refused(server: Server) -> None:
    assert server.get("/control/%ff").status == 400
    assert server.ask("POST", "/webhook/%ff", b"{}").status == 404
