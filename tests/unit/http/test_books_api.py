"""Deliveries, one by one and many at once: shown, retried, released, discarded, audited."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orgloop.delivery import DeliveryState
from support.http_fakes import NOW, Log, Queue, Shop, record, row
from support.http_wire import BEARER, Reply, Server

DEAD, HELD, WAITING = DeliveryState.DEAD, DeliveryState.HELD, DeliveryState.WAITING


@pytest.fixture
def server() -> Server:
    server = Server()
    server.runtime.log = Log([record(number) for number in range(1, 7)])
    server.runtime.projects = {
        "shop": Shop(
            queue=Queue(
                [
                    row(1, state=DEAD, error="refused: 500"),
                    row(2, state=DeliveryState.REJECTED, actor="chat", error="no such channel"),
                    row(3, state=WAITING, settled_at=None),
                    row(4, state=HELD, settled_at=None),
                    row(5),
                    row(6, state=DEAD, error="Refused again"),
                ]
            )
        )
    }
    return server


def post(server: Server, path: str, document: Any = None, method: str = "POST") -> Reply:
    body = None if document is None else json.dumps(document).encode()
    return server.ask(method, path, body, BEARER)


def shop(server: Server) -> Shop:
    return server.runtime.projects["shop"]


def test_the_queue_holds_what_is_not_settled(server: Server) -> None:
    states = [one["state"] for one in server.get("/api/queue").json]

    assert states == ["held", "waiting"]
    assert server.get("/api/queue?state=held").json[0]["id"] == row(4).id
    assert server.get("/api/queue?state=dead").status == 400


def test_deliveries_are_found_by_id_reason_and_time_of_settlement(server: Server) -> None:
    path = "/api/deliveries?reason=refused&settled_from=2026-01-31T08:00:00Z"
    found = server.get(f"{path}&settled_to=2026-02-01T08:00:00Z")

    assert [one["event_id"] for one in found.json] == ["evt_6", "evt_1"]
    asked = shop(server).queue.queries[-1]
    assert (asked.settled_from, asked.settled_to) == (NOW, NOW + 86_400_000)
    assert [one["id"] for one in server.get(f"/api/deliveries?id={row(5).id}").json] == [row(5).id]
    assert server.get("/api/deliveries?id=nonsense").json == []


def test_one_delivery_is_shown_with_all_that_is_known(server: Server) -> None:
    attempt = {
        "attempt": 1,
        "started_at": NOW,
        "ended_at": NOW + 7,
        "outcome": "error",
        "error": "refused: 500",
    }
    step = {"transform": "guard", "verdict": "flag", "duration_ms": 1.0, "detail": "a URL"}
    shop(server).queue.pasts[row(1).id] = {
        "steps": [step],
        "attempts": [attempt],
        "members": ["dlv_1", "dlv_2"],
    }

    shown = server.get(f"/api/deliveries/{row(1).id}").json

    assert (shown["state"], shown["error"]) == ("dead", "refused: 500")
    assert shown["steps"] == [step]
    assert shown["members"] == ["dlv_1", "dlv_2"]
    assert shown["attempt_history"] == [
        {
            **attempt,
            "started_at": "2026-01-31T08:00:00.000Z",
            "ended_at": "2026-01-31T08:00:00.007Z",
            "duration_ms": 7,
        }
    ]
    assert shown["event"]["payload"] == {"number": 1}


@pytest.mark.parametrize("name", [row(99).id, "nonsense", "retry"])
def test_a_delivery_that_is_not_held_is_not_found(server: Server, name: str) -> None:
    assert server.get(f"/api/deliveries/{name}").code == "not_found"
    assert post(server, f"/api/deliveries/{name}/retry").code == "not_found"


@pytest.mark.parametrize(
    ("action", "number", "state"),
    [
        ("retry", 1, "waiting"),
        ("retry", 2, "waiting"),
        ("release", 4, "waiting"),
        ("discard", 1, "discarded"),
        ("discard", 3, "discarded"),
        ("discard", 4, "discarded"),
    ],
)
def test_an_action_answers_the_delivery_as_it_is_now(
    server: Server, action: str, number: int, state: str
) -> None:
    reply = post(server, f"/api/deliveries/{row(number).id}/{action}")

    assert (reply.status, reply.json["id"], reply.json["state"]) == (200, row(number).id, state)


@pytest.mark.parametrize(
    ("action", "number", "state"),
    [
        ("retry", 3, "waiting"),
        ("retry", 5, "delivered"),
        ("release", 1, "dead"),
        ("discard", 5, "delivered"),
    ],
)
def test_an_action_that_the_state_does_not_allow_is_a_conflict(
    server: Server, action: str, number: int, state: str
) -> None:
    reply = post(server, f"/api/deliveries/{row(number).id}/{action}")

    assert (reply.status, reply.code) == (409, "wrong_state")
    assert f"the delivery is {state}" in reply.json["error"]["message"]


@pytest.mark.parametrize(
    ("criteria", "count"),
    [
        ({"state": ["dead", "rejected"]}, 3),
        ({"state": "dead"}, 2),
        ({"actor": "chat"}, 1),
        ({"actor": ["chat", "desk"], "reason": "REFUSED"}, 2),
        ({"route": "to-desk", "from": "2026-01-31T08:00:00Z"}, 3),
        ({"ids": [row(1).id, row(3).id, row(99).id, "nonsense"]}, 1),
        ({"ids": ["nonsense"]}, 0),
        ({"actor": "nobody"}, 0),
    ],
)
def test_many_are_retried_by_what_they_are(server: Server, criteria: Any, count: int) -> None:
    foreseen = post(server, "/api/deliveries/retry", {**criteria, "dry_run": True}).json
    assert shop(server).desk.asked == []
    done = post(server, "/api/deliveries/retry", criteria).json

    assert (foreseen["count"], done["count"]) == (count, count)
    assert (foreseen["dry_run"], done["dry_run"]) == (True, False)


def test_many_are_retried_in_the_order_they_came_a_bounded_number_at_a_time(
    server: Server,
) -> None:
    shop(server).queue.rows = [row(number, state=DEAD) for number in range(1, 1203)]

    done = post(server, "/api/deliveries/retry", {"route": "to-desk"}).json

    asked = [ids for _, ids in shop(server).desk.asked]
    assert done["count"] == 1202
    assert [len(ids) for ids in asked] == [500, 500, 202]
    assert [one for ids in asked for one in ids] == [row(number).id for number in range(1, 1203)]


def test_ids_are_taken_in_the_order_of_their_events(server: Server) -> None:
    post(server, "/api/deliveries/retry", {"ids": [row(6).id, row(1).id]})

    assert shop(server).desk.asked == [("retry", [row(1).id, row(6).id])]


def test_only_dead_letters_are_discarded_unless_other_states_are_named(server: Server) -> None:
    assert post(server, "/api/deliveries/discard", {"route": "to-desk"}).json["count"] == 3
    by_id = post(server, "/api/deliveries/discard", {"ids": [row(3).id]}).json
    by_state = post(server, "/api/deliveries/discard", {"state": ["held"]}).json

    assert (by_id["count"], by_state["count"]) == (1, 1)


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({}, "nothing says"),
        (None, "nothing says"),
        ({"routs": "to-desk"}, "routs: "),
        ({"state": "waiting"}, "state: "),
        ({"ids": 7}, "ids: "),
        ({"actor": [7]}, "actor: "),
        ({"from": "yesterday"}, "from: "),
        ({"reason": ["x"]}, "reason: "),
        ({"actor": "desk", "dry_run": "no"}, "dry_run: "),
        ({"actor": "desk", "project": "nobody"}, "project: "),
        ({"ids": "nonsense", "project": {}}, "project: "),
        ({"actor": "", "state": "dead"}, "actor: empty"),
        ({"route": " , ", "state": "dead"}, "route: empty"),
        ({"ids": [], "state": "dead"}, "ids: empty"),
        ({"ids": [""], "actor": "desk"}, "ids: empty"),
        ({"reason": "", "actor": "desk"}, "reason: empty"),
        ({"settled_to": "", "actor": "desk"}, "settled_to: empty"),
    ],
)
def test_a_bulk_action_that_is_not_clear_changes_nothing(
    server: Server, document: Any, name: str
) -> None:
    reply = post(server, "/api/deliveries/retry", document)

    assert reply.status == 400
    assert reply.json["error"]["message"].startswith(name)
    assert shop(server).desk.asked == []


def test_a_bulk_action_names_its_project_only_where_several_could_be_meant(server: Server) -> None:
    other = Shop(name="other", queue=Queue([row(9, project="other", state=DEAD, actor="desk")]))
    server.runtime.projects["other"] = other

    assert post(server, "/api/deliveries/retry", {"actor": "chat"}).json["project"] == "shop"
    assert post(server, "/api/deliveries/retry", {"actor": "desk"}).code == "ambiguous_project"
    named = post(server, "/api/deliveries/retry", {"actor": "desk", "project": "other"})
    assert named.json == {"count": 1, "dry_run": False, "project": "other"}


def test_a_draining_runtime_changes_nothing_any_more(server: Server) -> None:
    server.runtime.phase = "draining"

    for method, path in (
        ("POST", "/api/deliveries/retry"),
        ("PUT", "/api/checkpoints/hook"),
        ("DELETE", "/api/checkpoints/hook"),
        ("GET", "/api/inbox/drain?session_key=k"),
    ):
        assert server.ask(method, path, headers=BEARER).code == "draining"
    assert server.get("/api/queue").status == 200


# --- audit


def test_the_audit_tells_of_every_settled_delivery(server: Server) -> None:
    audited = server.get("/api/audit").json

    assert [one["event_id"] for one in audited] == ["evt_6", "evt_5", "evt_2", "evt_1"]
    assert audited[1] == {
        "delivery_id": row(5).id,
        "event_id": "evt_5",
        "trace_id": "trc_5",
        "depth": 1,
        "project": "shop",
        "route": "to-desk",
        "actor": "desk",
        "prompt_file": None,
        "prompt_sha256": None,
        "attempts": [],
        "outcome": "delivered",
        "error": None,
        "accepted_at": "2026-01-31T08:00:00.005Z",
        "settled_at": "2026-01-31T08:00:00.045Z",
        "duration_ms": 40,
        "tracking_id": None,
        "replay": False,
        "into": None,
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=rejected", ["evt_2"]),
        ("actor=desk&limit=1", ["evt_6"]),
        ("route=nowhere", []),
        ("event=evt_5", ["evt_5"]),
        ("project=other", []),
    ],
)
def test_the_audit_is_filtered(server: Server, query: str, found: list[str]) -> None:
    assert [one["event_id"] for one in server.get(f"/api/audit?{query}").json] == found


def test_what_is_merged_is_audited_once_what_carries_it_has_settled(server: Server) -> None:
    shop(server).queue.rows[2] = row(3, state=DeliveryState.MERGED, settled_at=None)
    shop(server).queue.rows[3] = row(4, state=DeliveryState.MERGED, into=row(5).id)

    merged = server.get("/api/audit?state=merged").json

    assert [(one["event_id"], one["into"]) for one in merged] == [("evt_4", row(5).id)]


def test_the_past_of_a_page_is_asked_for_together_a_bounded_number_at_a_time(
    server: Server,
) -> None:
    shop(server).queue.rows = [row(number) for number in range(1, 251)]

    assert len(server.get("/api/audit?limit=1000").json) == 250
    assert shop(server).queue.asked_for == [100, 100, 50]


def test_the_audit_has_no_open_deliveries_and_survives_the_event(server: Server) -> None:
    server.runtime.log.records.clear()

    assert server.get("/api/audit?state=waiting").status == 400
    assert server.get("/api/audit?limit=1").json[0]["trace_id"] is None
    assert "cursor" in server.get("/api/audit?limit=1").headers["Link"]
