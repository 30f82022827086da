"""Status, sources, actors, routes, control: what runs and how it does."""

from __future__ import annotations

from types import SimpleNamespace as Some
from typing import Any

import pytest

from orgloop.config.model import Match
from orgloop.runtime.supervision import Supervision
from support.http_fakes import NOW, Queue, Shop
from support.http_wire import BEARER, Server


def source(**changes: Any) -> Any:
    definition = Some(id="hook", plugin="@orgloop/connector-webhook", description="Tickets")
    facts: dict[str, Any] = {
        "definition": definition,
        "status": "ok",
        "reason": None,
        "kind": "webhook",
        "event_count": 3,
        "events_24h": 2,
        "last_event": "2026-01-31T08:00:00.000Z",
        "last_poll": None,
        "error_count": 9,
        "consecutive_errors": 2,
        "last_error": None,
        "poll_interval_seconds": 300.0,
    }
    return Some(**{**facts, **changes})


def shop() -> Shop:
    when = Match(source="hook", events=("resource.changed",), filter={"payload.kind": "bug"})
    route = Some(
        name="to-desk",
        when=when,
        actor="desk",
        transforms=[Some(id="dedup")],
        prompt_file="../sops/desk.md",
        shown={"filter": {"payload.kind": "***"}, "config": {}, "prompt_file": "../sops/desk.md"},
        description="",
    )
    return Shop(
        sources={
            "hook": source(),
            "poll": source(
                definition=Some(id="poll", plugin="github", description=""),
                kind="polling",
                status="circuit_open",
            ),
        },
        actors={
            "desk": Some(
                definition=Some(id="desk", plugin="webhook", description=""),
                status="degraded",
                reason="connection refused",
                in_flight=1,
                circuit=Some(
                    state="open",
                    failures=7,
                    current_cooldown_seconds=60.0,
                    retry_in_seconds=12.5,
                ),
            )
        },
        routes={"to-desk": Some(definition=route, fire_count=2, last_fired=None)},
        queue=Queue(
            number={
                ("desk", "to-desk", "waiting"): 4,
                ("desk", "to-desk", "delivering"): 1,
                ("desk", "to-desk", "delivered"): 7,
                ("desk", "to-desk", "dead"): 2,
                ("desk", "to-desk", "rejected"): 1,
                ("gone", "to-desk", "waiting"): 3,
                (None, None, "unmatched"): 9,
            }
        ),
    )


@pytest.fixture
def server() -> Server:
    server = Server()
    server.runtime.projects = {"shop": shop()}
    return server


def test_status_says_that_the_disk_refuses(server: Server) -> None:
    server.runtime.storage_ok = False

    assert server.get("/api/status").json["health"] == "disk"


def test_status_has_what_older_tools_read(server: Server) -> None:
    status = server.get("/api/status").json

    assert (status["health"], status["running"], status["pid"]) == ("ok", True, 4711)
    assert (status["uptime_ms"], status["http_port"]) == (5000, 4800)
    assert status["modules"] == [
        {
            "name": "shop",
            "state": "active",
            "sources": 2,
            "routes": 1,
            "actors": 1,
            "uptime_ms": 5000,
        }
    ]
    first = status["sources"][0]
    assert first["connector"] == "@orgloop/connector-webhook"
    assert (first["id"], first["status"], first["event_count"]) == ("hook", "healthy", 3)
    assert first["events_24h"] == 2


def test_status_says_how_the_loggers_do(server: Server) -> None:
    shop = server.runtime.projects["shop"]
    shop.definition.loggers = {
        name: Some(id=name, plugin="webhook", description="", unavailable=why)
        for name, why in (("near", None), ("far", None), ("off", "LOGS_TOKEN is not set"))
    }
    server.runtime.running_loggers = {
        ("shop", "near"): Some(lost=0, trouble=None),
        ("shop", "far"): Some(lost=7, trouble="it answered 503"),
    }

    loggers = server.get("/api/status").json["loggers"]

    assert [(one["id"], one["status"], one["reason"], one["lost"]) for one in loggers] == [
        ("near", "ok", None, 0),
        ("far", "degraded", "it answered 503", 7),
        ("off", "off", "LOGS_TOKEN is not set", 0),
    ]


@pytest.mark.parametrize("path", ["/api/status", "/control/status"])
@pytest.mark.parametrize(
    ("supervision", "told"),
    [
        (None, ("none", None, 0, None)),
        (Supervision(7, 2, "killed by SIGKILL"), ("supervised", 7, 2, "killed by SIGKILL")),
        (Supervision(7, is_gone=True), ("unsupervised", 7, 0, None)),
    ],
)
def test_status_says_who_restarts_the_runtime(
    server: Server, path: str, supervision: Supervision | None, told: tuple[object, ...]
) -> None:
    server.runtime.supervision = supervision

    status = server.get(path).json

    keys = ("supervision", "supervisor_pid", "restarts", "last_exit")
    assert tuple(status[key] for key in keys) == told


def test_status_tells_how_often_a_heartbeat_is_due(server: Server) -> None:
    assert server.get("/api/status").json["heartbeat_interval_ms"] == 30_000
    server.runtime.projects = {}
    assert server.get("/api/status").json["heartbeat_interval_ms"] is None


def test_status_counts_the_books(server: Server) -> None:
    status = server.get("/api/status").json

    assert (status["deliveries"]["waiting"], status["deliveries"]["unmatched"]) == (7, 9)
    assert status["orphaned"] == 3


def test_sources_are_listed(server: Server) -> None:
    hook, poll = server.get("/api/sources").json

    assert (hook["module"], hook["type"], hook["poll_interval"]) == ("shop", "webhook", None)
    assert (poll["type"], poll["poll_interval"], poll["status"]) == ("polling", "5m", "unhealthy")


def test_actors_are_listed(server: Server) -> None:
    [desk] = server.get("/api/actors").json

    assert (desk["status"], desk["reason"]) == ("degraded", "connection refused")
    assert (desk["waiting"], desk["open"], desk["delivered"], desk["dead"]) == (4, 5, 7, 3)
    assert desk["circuit"] == {
        "state": "open",
        "failures": 7,
        "cooldown_ms": 60_000,
        "retry_in_ms": 12_500,
    }
    assert desk["delivery"]["retry"]["max_attempts"] == 10
    assert desk["delivery"]["circuit_breaker"] == {"failure_threshold": 5, "cooldown": "30s"}


def test_routes_are_listed(server: Server) -> None:
    [route] = server.get("/api/routes").json

    assert (route["name"], route["module"], route["actor"]) == ("to-desk", "shop", "desk")
    assert route["when"] == {
        "source": "hook",
        "events": ["resource.changed"],
        "filter": {"payload.kind": "***"},
    }
    assert route["sop_file"] == "../sops/desk.md"
    assert (route["fire_count"], route["last_fired"]) == (2, None)


def test_control_shows_projects_as_modules(server: Server) -> None:
    status = server.get("/control/status").json
    one = server.get("/control/module/status/shop").json

    assert (status["running"], status["httpPort"]) == (True, 4800)
    assert status["modules"] == [one] == server.get("/control/module/list").json["modules"]
    assert one["health"][0]["sourceId"] == "hook"
    assert one["health"][0]["consecutiveErrors"] == 2


def test_a_name_with_a_slash_is_found(server: Server) -> None:
    server.runtime.projects["a/b ü"] = Shop(name="a/b ü", started_at_ms=NOW)

    assert server.get("/control/module/status/a%2Fb%20%C3%BC").json["name"] == "a/b ü"
    assert server.get("/control/module/status/nobody").status == 404


def test_slashes_in_a_name_are_all_of_them_part_of_it(server: Server) -> None:
    server.runtime.projects["a//b"] = Shop(name="a//b", started_at_ms=NOW)

    assert server.get("/control/module/status/a//b").json["name"] == "a//b"


def test_a_shutdown_is_acknowledged_and_asked_for_once(server: Server) -> None:
    reply = server.ask("POST", "/control/shutdown", headers=BEARER)

    assert (reply.status, reply.json) == (202, {"ok": True})
    assert server.runtime.shutdowns == 1
    assert server.get("/control/shutdown").status == 405
