"""What a sender of webhooks is answered."""

from __future__ import annotations

from asyncio import CancelledError as ForeignCancelledError
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.logger import formatEvent, globalLogPublisher
from zope.interface.verify import verifyObject

from orgloop.errors import InvalidEvent, NotReady, Overloaded, PluginError, StorageUnavailable
from orgloop.event import Cause
from orgloop.interfaces import IWebhookSource
from orgloop.reports import WebhookResult
from support.http_fakes import Door, HookSource
from support.http_wire import BEARER, Server


class Wordless(Exception):
    """An error whose author has made a mistake in its text."""

    def __str__(self) -> str:
        raise TypeError("__str__ returned non-string (type int)")


@pytest.fixture
def server() -> Server:
    server = Server()
    server.runtime.doors = [Door()]
    return server


@pytest.fixture
def door(server: Server) -> Door:
    return server.runtime.doors[0]


def test_the_fake_source_is_one() -> None:
    assert verifyObject(IWebhookSource, HookSource())


def test_what_was_kept_is_named(server: Server) -> None:
    reply = server.ask("POST", "/webhook/hook", b'{"a": 1}')

    assert reply.status == 200
    assert reply.json == {
        "ok": True,
        "event_id": "evt_1",
        "event_ids": ["evt_1"],
        "events_created": 1,
        "duplicate": False,
    }


def test_a_redelivery_gets_the_original_ids(server: Server, door: Door) -> None:
    door.duplicate = True

    reply = server.ask("POST", "/webhook/hook", b"{}").json

    assert (reply["event_ids"], reply["events_created"], reply["duplicate"]) == (["evt_1"], 0, True)


def test_a_request_that_is_no_event_is_fine_too(server: Server, door: Door) -> None:
    door.source.answer = WebhookResult()

    reply = server.ask("POST", "/webhook/hook", b"{}").json

    assert (reply["event_id"], reply["event_ids"], reply["events_created"]) == (None, [], 0)


def test_a_source_may_answer_in_its_own_words(server: Server, door: Door) -> None:
    door.source.answer = WebhookResult(body=b"challenge-123", content_type="text/plain")

    reply = server.ask("POST", "/webhook/hook", b"{}")

    assert (reply.status, reply.body) == (200, b"challenge-123")
    assert reply.headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    "body",
    [b"", b"nope", b"[1]", b"NaN", b'{"a": Infinity}', b'{"a": "\\ud800"}', b"\xff{}", b"[" * 5000],
)
def test_a_body_that_is_no_json_object_is_refused(server: Server, body: bytes) -> None:
    assert server.ask("POST", "/webhook/hook", body).status == 400


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidEvent(["payload: a JSON object"]), 400),
        (NotReady("draining"), 503),
        (StorageUnavailable("the disk is full"), 503),
        (Overloaded("too much"), 429),
    ],
)
def test_what_cannot_be_kept_is_not_accepted(
    server: Server, door: Door, error: Exception, status: int
) -> None:
    door.error = error

    reply = server.ask("POST", "/webhook/hook", b"{}")

    assert reply.status == status
    assert status == 400 or int(reply.headers["Retry-After"]) > 0


def test_a_sender_does_not_learn_where_the_files_are(server: Server, door: Door) -> None:
    door.error = StorageUnavailable("/home/me/.orgloop/data/wal/events.db: the disk is full")

    assert b"/home" not in server.ask("POST", "/webhook/hook", b"{}").body


def test_nothing_is_answered_before_the_events_are_durable(server: Server, door: Door) -> None:
    door.wait = Deferred()
    wire = server.connect()
    wire.send(b"POST /webhook/hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")

    assert wire.replies() == []
    door.wait.callback(None)
    assert wire.replies()[0].status == 200
    wire.lose()


def test_a_sender_that_goes_away_does_not_stop_what_is_being_kept(
    server: Server, door: Door
) -> None:
    door.wait = Deferred()
    wire = server.connect()
    wire.send(b"POST /webhook/hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")

    wire.lose()
    door.wait.callback(None)

    assert len(door.drafts) == 1


def test_a_source_that_fails_is_reported_and_the_sender_may_try_again(
    server: Server, door: Door
) -> None:
    door.source.error = ZeroDivisionError("division by zero")

    reply = server.ask("POST", "/webhook/hook", b"{}")

    assert (reply.status, reply.code) == (500, "source_failed")
    assert [entry.phase for entry in server.runtime.entries] == ["source.error"]
    assert server.runtime.metrics.source_errors == {"hook": 1}


@pytest.mark.parametrize(
    "answer",
    [
        {"ok": True},
        WebhookResult([{"type": "resource.changed"}]),  # type: ignore[list-item]
        WebhookResult(7),  # type: ignore[arg-type]
        WebhookResult(body="ok"),  # type: ignore[arg-type]
        WebhookResult(body=b"ok", content_type="text/plain\r\nX-Odd: 1"),
        WebhookResult(body=b"ok", content_type=None),  # type: ignore[arg-type]
    ],
)
def test_a_source_that_answers_what_is_no_answer_has_failed(
    server: Server, door: Door, answer: Any
) -> None:
    door.source.answer = answer

    reply = server.ask("POST", "/webhook/hook", b"{}")

    assert (reply.status, reply.code) == (500, "source_failed")
    assert door.drafts == []


@pytest.mark.parametrize("error", [Wordless(), ForeignCancelledError(), BaseException("odd")])
def test_a_source_that_fails_in_whatever_way_is_answered_for(
    server: Server, door: Door, error: Any
) -> None:
    door.source.error = error

    reply = server.ask("POST", "/webhook/hook", b"{}")

    assert (reply.status, reply.code) == (500, "source_failed")


@pytest.mark.parametrize("error", [ValueError("it is swordfish"), PluginError("it is swordfish")])
def test_what_a_source_says_of_its_failure_holds_no_secret(
    server: Server, door: Door, error: Exception
) -> None:
    door.source.error = error
    said: list[Any] = []
    globalLogPublisher.addObserver(said.append)

    reply = server.ask("POST", "/webhook/hook", b"{}")

    globalLogPublisher.removeObserver(said.append)
    assert (reply.status, reply.code) == (500, "source_failed")
    told = [formatEvent(one) for one in said]
    assert len(told) == 1
    assert "it is ***" in told[0]
    assert "it is ***" in str(server.runtime.entries[-1].error)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"X-Good": "no"}, 401),
        ({"X-Good": "yes"}, 200),
        (BEARER, 200),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Bearer wrong", "X-Good": "yes"}, 200),
    ],
)
def test_a_signature_or_the_control_token_is_wanted(
    server: Server, door: Door, headers: dict[str, str], status: int
) -> None:
    door.source.is_signed = True

    assert server.ask("POST", "/webhook/hook", b"{}", headers).status == status
    assert len(door.source.requests) == (status == 200)


def test_the_source_sees_headers_in_lower_case_and_repeated_ones_joined(
    server: Server, door: Door
) -> None:
    wire = server.connect()
    wire.send(
        b"POST /webhook/hook?x=1 HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\nx-a: 2\r\n"
        b"Content-Length: 2\r\n\r\n{}"
    )
    wire.lose()

    request = door.source.requests[0]
    assert request.headers["x-a"] == "1, 2"
    assert (request.path, request.body) == ("/webhook/hook", b"{}")


def test_what_an_actor_carries_back_continues_the_chain(server: Server, door: Door) -> None:
    for header in ("trc_1;evt_2", "nonsense"):
        server.ask("POST", "/webhook/hook", b"{}", {"X-OrgLoop-Trace": header})

    assert door.causes == [Cause("trc_1", "evt_2"), None]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/webhook/hook", 200),
        ("/webhook/shop/hook", 200),
        ("/webhook/a%2Fb%20%C3%BC", 200),
        ("/alias/x", 200),
        ("/webhook/other/hook", 404),
        ("/webhook/hook/", 404),
        ("/webhook//hook", 404),
        ("/webhook/", 404),
        ("/webhook/nobody", 404),
        ("/webhook/shop/hook/more", 404),
        ("/webhook/a/b%20%C3%BC", 404),
    ],
)
def test_a_source_is_found_by_id_by_project_and_by_alias(
    server: Server, path: str, status: int
) -> None:
    server.runtime.doors += [
        Door(source_id="a/b ü"),
        Door(source_id="c", source=HookSource(path="/alias/x")),
    ]

    assert server.ask("POST", path, b"{}").status == status


def test_an_id_that_two_projects_share_is_served_with_the_project_only(server: Server) -> None:
    server.runtime.doors.append(Door(project="other"))

    assert server.ask("POST", "/webhook/hook", b"{}").status == 404
    assert server.ask("POST", "/webhook/other/hook", b"{}").status == 200


@pytest.mark.parametrize("path", ["/webhook/hook", "/webhook/nobody", "/maybe/an/alias"])
def test_before_everything_is_in_place_nothing_is_unknown(server: Server, path: str) -> None:
    server.runtime.phase = "starting"

    reply = server.ask("POST", path, b"{}")

    assert (reply.status, reply.headers["Retry-After"]) == (503, "5")


def test_while_draining_webhooks_and_reported_events_are_refused(server: Server) -> None:
    server.runtime.phase = "draining"

    for path in ("/webhook/hook", "/webhook/nobody", "/api/events"):
        reply = server.ask("POST", path, b"{}", BEARER)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
    assert server.get("/api/status").status == 200
    assert server.get("/control/status").status == 200


def test_a_source_that_does_not_work_asks_for_patience(server: Server, door: Door) -> None:
    door.available = False

    reply = server.ask("POST", "/webhook/hook", b"{}")

    assert (reply.status, reply.code) == (503, "source_unavailable")
