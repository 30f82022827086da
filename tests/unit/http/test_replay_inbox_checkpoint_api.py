"""Replays, inboxes, checkpoints, and polls that a person asks for."""

from __future__ import annotations

import json
from types import SimpleNamespace as Some
from typing import Any

import pytest
from attrs import define, evolve, field

from orgloop.errors import NotReady, StorageUnavailable
from orgloop.records import Inbox
from support.http_fakes import NOW, Log, Queue, Shop, record
from support.http_wire import BEARER, Reply, Server


@define
class Feed:
    """A polling source."""

    definition: Any = field(factory=lambda: Some(id="feed"))
    kind: str = "polling"
    is_polled: bool = True
    event_count: int = 0
    error_count: int = 0
    last_error: str | None = None
    fails: bool = False
    is_ready: bool = True
    moves: list[str | None] = field(factory=list)

    async def move(self, checkpoint: str | None) -> bool:
        self.moves.append(checkpoint)
        return True

    async def poll_now(self) -> None:
        if not self.is_ready:
            raise NotReady("source feed cannot be polled: starting")
        if self.fails:
            self.error_count += 1
            self.last_error = "ValueError: the feed is down"
        else:
            self.event_count += 3


def inbox(key: str, pending: int = 2) -> Inbox:
    return Inbox(
        session_key=key,
        pending=pending,
        leased=1,
        oldest_at=NOW,
        route="to-desk",
        actor="desk",
        generation=1,
        is_notified=True,
    )


@pytest.fixture
def server() -> Server:
    server = Server()
    server.runtime.log = Log([record(number) for number in range(1, 8)])
    server.runtime.projects = {
        "shop": Shop(
            queue=Queue(in_boxes=[inbox("pr-1"), inbox("", 5)]),
            sources={"feed": Feed(), "a/b": Feed()},
            routes={"to-desk": Some(), "to-chat": Some()},
        )
    }
    server.runtime.checkpoints.kept = {("shop", "feed"): "42", ("shop", "gone"): "7"}
    return server


def ask(server: Server, method: str, path: str, document: Any = None) -> Reply:
    body = None if document is None else json.dumps(document).encode()
    return server.ask(method, path, body, BEARER)


def shop(server: Server) -> Shop:
    return server.runtime.projects["shop"]


# --- replay


def test_an_event_is_replayed_along_its_routes(server: Server) -> None:
    reply = ask(server, "POST", "/api/events/evt_2/replay")

    assert reply.json == {
        "event_id": "evt_2",
        "project": "shop",
        "dry_run": False,
        "count": 1,
        "deliveries": [{"event_id": "evt_2", "route": "to-desk", "delivery_id": "dlv_new"}],
    }


def test_a_damaged_event_is_not_replayed(server: Server) -> None:
    records = server.runtime.log.records
    records[0] = evolve(records[0], body=b"", is_damaged=True)

    refused = ask(server, "POST", f"/api/events/{records[0].id}/replay")

    assert (refused.status, refused.json["error"]["code"]) == (409, "damaged_event")


def test_a_dry_run_says_which_routes_an_event_would_take(server: Server) -> None:
    reply = ask(
        server, "POST", "/api/events/evt_2/replay", {"routes": ["to-chat"], "dry_run": True}
    )

    assert reply.json["deliveries"] == [
        {"event_id": "evt_2", "route": "to-chat", "delivery_id": None}
    ]
    assert shop(server).desk.asked == [("replay", "evt_2", ("to-chat",), True)]


@pytest.mark.parametrize(
    ("path", "document", "status", "message"),
    [
        ("/api/events/evt_99/replay", None, 404, "no event"),
        ("/api/events/evt_1/replay", {"routes": ["nowhere"]}, 400, "routes: 'nowhere'"),
        ("/api/events/evt_1/replay", {"route": "to-desk"}, 400, "route: "),
        ("/api/replay", {}, 400, "nothing says"),
        ("/api/replay", {"routes": ["to-desk"]}, 400, "nothing says"),
        ("/api/replay", {"from": "2026-01-31T08:00:00Z", "cursor": "x"}, 400, "cursor: "),
        ("/api/replay", {"from": "2026-01-31T08:00:00Z", "limit": 501}, 400, "limit: "),
        ("/api/replay", {"from": "2026-01-31T08:00:00Z", "limit": True}, 400, "limit: "),
        ("/api/replay", {"types": ["nonsense"]}, 400, "types: "),
        ("/api/replay", {"from": "2026-01-31T08:00:00Z", "to": ""}, 400, "to: empty"),
        ("/api/replay", {"from": "2026-01-31T08:00:00Z", "sources": ""}, 400, "sources: empty"),
    ],
)
def test_a_replay_that_is_not_clear_does_nothing(
    server: Server, path: str, document: Any, status: int, message: str
) -> None:
    reply = ask(server, "POST", path, document)

    assert reply.status == status
    assert reply.json["error"]["message"].startswith(message)
    assert shop(server).desk.asked == []


def test_a_range_is_replayed_page_by_page_oldest_first_and_without_what_comes_of_it(
    server: Server,
) -> None:
    wanted: dict[str, Any] = {"from": "2026-01-31T08:00:00.002Z", "limit": 2}
    pages = []
    while not pages or wanted["cursor"] is not None:
        reply = ask(server, "POST", "/api/replay", wanted).json
        pages.append([one["event_id"] for one in reply["deliveries"]])
        wanted["cursor"] = reply["cursor"]
        server.runtime.log.records.append(record(100 + len(pages)))

    assert pages == [["evt_2", "evt_3"], ["evt_4", "evt_5"], ["evt_6", "evt_7"], []]


def test_a_range_ends_before_its_end(server: Server) -> None:
    reply = ask(
        server,
        "POST",
        "/api/replay",
        {"to": "2026-01-31T08:00:00.003Z", "sources": "hook", "dry_run": True},
    ).json

    assert [one["event_id"] for one in reply["deliveries"]] == ["evt_1", "evt_2"]
    assert (reply["events"], reply["cursor"], reply["dry_run"]) == (2, None, True)


def test_a_disk_that_refuses_a_replay_is_said_to_refuse(server: Server) -> None:
    shop(server).desk.error = StorageUnavailable("the disk is full")

    reply = ask(server, "POST", "/api/replay", {"sources": ["hook"]})

    assert (reply.status, reply.code) == (503, "storage_unavailable")


def test_an_event_of_two_projects_must_be_told_apart(server: Server) -> None:
    server.runtime.projects["other"] = Shop(name="other")
    server.runtime.log.records.append(record(1, project="other"))

    assert ask(server, "POST", "/api/events/evt_1/replay").code == "ambiguous_project"
    assert ask(server, "POST", "/api/events/evt_1/replay", {"project": "other"}).status == 200
    assert ask(server, "POST", "/api/events/evt_2/replay").status == 200


# --- inboxes


def test_inboxes_are_listed(server: Server) -> None:
    sessions = server.get("/api/inbox/list").json["sessions"]

    assert sessions[0] == {
        "sessionKey": "pr-1",
        "pending": 2,
        "leased": 1,
        "oldest_event_at": "2026-01-31T08:00:00.000Z",
        "route": "to-desk",
        "actor": "desk",
        "project": "shop",
    }


@pytest.mark.parametrize(
    ("query", "pending"),
    [("?session_key=pr-1", 2), ("?session_key=", 5), ("?session_key=none", 0), ("", 7)],
)
def test_an_inbox_says_what_it_holds(server: Server, query: str, pending: int) -> None:
    assert server.get(f"/api/inbox/status{query}").json["pending"] == pending


def test_an_inbox_is_drained(server: Server) -> None:
    drained = server.get("/api/inbox/drain?session_key=pr-1&limit=5").json

    assert [event["id"] for event in drained["events"]] == ["evt_1"]
    assert (drained["remaining"], drained["continuation"]) == (2, "lse_1")
    assert shop(server).desk.asked == [("drain", "pr-1", 5)]


def test_a_session_without_a_key_has_an_inbox_too(server: Server) -> None:
    server.get("/api/inbox/drain?session_key=")

    assert shop(server).desk.asked == [("drain", "", None)]


def test_asking_for_the_headers_alone_hands_nothing_out(server: Server) -> None:
    reply = server.ask("HEAD", "/api/inbox/drain?session_key=pr-1", headers=BEARER)

    assert reply.status == 405
    assert shop(server).desk.asked == []


def test_what_was_handed_out_is_acknowledged(server: Server) -> None:
    document = {"session_key": "pr-1", "continuation": "lse_1"}

    assert ask(server, "POST", "/api/inbox/ack", document).json == {"settled": 1}
    assert ask(server, "POST", "/api/inbox/ack", {"session_key": ""}).json == {"settled": 1}
    assert shop(server).desk.asked == [
        ("acknowledge", "pr-1", "lse_1"),
        ("acknowledge", "", None),
    ]


@pytest.mark.parametrize("path", ["/api/inbox/drain", "/api/inbox/drain?session_key=a&limit=0"])
def test_a_drain_that_is_not_clear_is_refused(server: Server, path: str) -> None:
    assert server.get(path).code == "bad_query"
    assert ask(server, "POST", "/api/inbox/ack", {}).code == "bad_field"
    assert shop(server).desk.asked == []


def test_an_inbox_is_found_in_its_project(server: Server) -> None:
    other = Shop(name="other", queue=Queue(in_boxes=[inbox("pr-2")]))
    server.runtime.projects["other"] = other

    server.get("/api/inbox/drain?session_key=pr-2")
    nothing = server.get("/api/inbox/drain?session_key=none").json

    assert other.desk.asked == [("drain", "pr-2", None)]
    assert (nothing["events"], nothing["continuation"]) == ([], None)
    assert ask(server, "POST", "/api/inbox/ack", {"session_key": "none"}).json == {"settled": 0}
    other.queue.in_boxes.append(inbox("pr-1"))
    assert server.get("/api/inbox/drain?session_key=pr-1").code == "ambiguous_project"


# --- checkpoints


def test_checkpoints_are_listed_with_those_of_sources_that_went_away(server: Server) -> None:
    assert server.get("/api/checkpoints").json == [
        {
            "source": "feed",
            "project": "shop",
            "checkpoint": "42",
            "updated_at": "2026-01-31T08:00:00.000Z",
        },
        {
            "source": "gone",
            "project": "shop",
            "checkpoint": "7",
            "updated_at": "2026-01-31T08:00:00.000Z",
        },
    ]


def test_a_checkpoint_is_set_through_the_source_that_runs(server: Server) -> None:
    reply = ask(server, "PUT", "/api/checkpoints/feed", {"checkpoint": "50"})

    assert (reply.status, reply.json["checkpoint"]) == (200, "50")
    assert shop(server).sources["feed"].moves == ["50"]
    assert ask(server, "PUT", "/api/checkpoints/a%2Fb", {"checkpoint": ""}).status == 200
    assert shop(server).sources["a/b"].moves == [""]


def test_a_checkpoint_is_reset_also_of_a_source_that_went_away(server: Server) -> None:
    running = ask(server, "DELETE", "/api/checkpoints/feed").json
    gone = ask(server, "DELETE", "/api/checkpoints/gone").json

    assert running == {"source": "feed", "project": "shop", "existed": True}
    assert gone["existed"] is True
    assert ask(server, "DELETE", "/api/checkpoints/gone").status == 404
    assert shop(server).sources["feed"].moves == [None]


@pytest.mark.parametrize(
    ("path", "document", "status"),
    [
        ("/api/checkpoints/feed", {}, 400),
        ("/api/checkpoints/feed", {"checkpoint": 7}, 400),
        ("/api/checkpoints/feed", {"checkpoint": "x" * 1_000_001}, 400),
        ("/api/checkpoints/feed", {"checkpoint": "7", "project": "no"}, 400),
        ("/api/checkpoints/gone", {"checkpoint": "7"}, 404),
        ("/api/checkpoints/nobody", {"checkpoint": "7"}, 404),
    ],
)
def test_a_checkpoint_that_cannot_be_set_is_refused(
    server: Server, path: str, document: Any, status: int
) -> None:
    assert ask(server, "PUT", path, document).status == status


def test_a_source_of_two_projects_must_be_told_apart(server: Server) -> None:
    server.runtime.projects["other"] = Shop(name="other", sources={"feed": Feed()})

    assert ask(server, "DELETE", "/api/checkpoints/feed").code == "ambiguous_project"
    assert ask(server, "DELETE", "/api/checkpoints/feed?project=other").status == 200
    assert ask(server, "DELETE", "/api/checkpoints/gone").status == 200
    assert ask(server, "DELETE", "/api/checkpoints/nobody").status == 404


# --- polls


def test_a_source_is_polled_now(server: Server) -> None:
    polled = ask(server, "POST", "/api/sources/feed/poll").json

    assert polled == {
        "source": "feed",
        "project": "shop",
        "ok": True,
        "events_created": 3,
        "error": None,
    }


def test_a_poll_that_fails_says_why(server: Server) -> None:
    feed = shop(server).sources["feed"]
    feed.fails = True

    polled = ask(server, "POST", "/api/sources/feed/poll").json

    assert (polled["ok"], polled["error"]) == (False, "ValueError: the feed is down")


def test_a_webhook_that_also_looks_for_itself_can_be_polled(server: Server) -> None:
    shop(server).sources["feed"].kind = "webhook"

    assert ask(server, "POST", "/api/sources/feed/poll").json["ok"]


def test_what_cannot_be_polled_is_refused(server: Server) -> None:
    feed = shop(server).sources["feed"]
    feed.is_ready = False

    assert ask(server, "POST", "/api/sources/feed/poll").status == 503
    feed.kind, feed.is_polled = "webhook", False
    assert ask(server, "POST", "/api/sources/feed/poll").status == 409
    assert ask(server, "POST", "/api/sources/nobody/poll").status == 404
