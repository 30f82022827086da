"""The root resource answers requests of any site: what `treq.testing` traverses in memory."""

from __future__ import annotations

from typing import Any

from treq.testing import StubTreq
from twisted.internet.defer import Deferred

from support.http_fakes import Door, HookSource
from support.http_wire import BEARER, Server


def ask(server: Server, method: str, path: str, **more: Any) -> tuple[int, bytes, Any]:
    client = StubTreq(server.site.resource)
    answering = client.request(method, f"http://127.0.0.1{path}", **more)
    client.flush()
    response = _now(answering)
    return response.code, _now(response.content()), response.headers


def _now(deferred: Deferred[Any]) -> Any:
    results: list[Any] = []
    deferred.addCallback(results.append)
    return results[0]


def test_health_webhooks_control_and_errors_are_the_same_in_memory() -> None:
    server = Server()
    server.runtime.doors = [Door(), Door(source_id="signed", source=HookSource(is_signed=True))]

    assert ask(server, "GET", "/health/live")[:2] == (200, b'{"status":"live"}')
    assert ask(server, "POST", "/webhook/hook", data=b"{}")[0] == 200
    assert ask(server, "POST", "/webhook/signed", data=b"{}")[0] == 401
    assert ask(server, "GET", "/webhook/%ff")[0] == 404
    assert ask(server, "GET", "/api/status")[0] == 401
    assert ask(server, "GET", "/api/status", headers=BEARER)[0] == 200
    assert ask(server, "HEAD", "/api/status", headers=BEARER)[:2] == (200, b"")
    assert ask(server, "GET", "/api/nothing", headers=BEARER)[0] == 404
    assert ask(server, "POST", "/api/events", headers=BEARER, data=b"nope")[0] == 400
    code, body, headers = ask(server, "PUT", "/api/events", headers=BEARER)
    assert (code, headers.getRawHeaders("Allow")) == (405, ["GET, HEAD, POST"])
    assert b'"method_not_allowed"' in body
