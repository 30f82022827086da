"""Events and deliveries: listed, filtered, in pages, traced, reported."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from types import SimpleNamespace as Some
from typing import Any

import pytest
from attrs import evolve
from twisted.internet.defer import Deferred

from orgloop.config.model import Match, Place, RouteDefinition
from orgloop.delivery import DeliveryState
from orgloop.event import Cause
from support.http_fakes import NOW, TOKEN, Door, Log, Queue, Shop, record, row
from support.http_wire import BEARER, Server


@pytest.fixture
def server() -> Server:
    server = Server()
    server.runtime.log = Log([record(number) for number in range(1, 8)])
    route = Some(definition=Some(prompt_file="sops/desk.md", shown={"prompt_file": "sops/desk.md"}))
    rows = [row(number) for number in range(1, 6)]
    rows[2] = row(3, state=DeliveryState.DEAD)
    rows.append(row(6, route=None, actor=None, state=DeliveryState.UNMATCHED, settled_at=None))
    component = Some(definition=Some(registration=Some(id="webhook")), reason=None)
    server.runtime.projects = {
        "shop": Shop(
            queue=Queue(rows),
            routes={"to-desk": route},
            sources={"hook": component},
            actors={"desk": component},
        )
    }
    return server


def ids(reply: Any) -> list[str]:
    return [event.get("event_id") for event in reply.json]


def test_events_are_listed_newest_first_with_what_became_of_them(server: Server) -> None:
    events = server.get("/api/events").json

    assert [event["event_id"] for event in events] == [f"evt_{n}" for n in range(7, 0, -1)]
    assert events[-1] == {
        "event_id": "evt_1",
        "timestamp": "2026-01-31T08:00:00.000Z",
        "source": "hook",
        "type": "resource.changed",
        "platform_event": "ticket.opened",
        "matched_routes": ["to-desk"],
        "sop_files": ["sops/desk.md"],
        "actors": ["desk"],
        "processing_ms": 40,
        "module": "shop",
        "trace_id": "trc_1",
        "accepted_at": "2026-01-31T08:00:00.001Z",
        "states": ["delivered"],
        "damaged": False,
    }


def test_an_event_with_an_open_delivery_is_still_being_processed(server: Server) -> None:
    waiting = row(1, id="dlv_1x" + "f" * 32, state=DeliveryState.WAITING, settled_at=None)
    server.runtime.projects["shop"].queue.rows.append(waiting)

    assert server.get("/api/events").json[-1]["processing_ms"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("source=hook,other&limit=1", ["evt_7"]),
        ("source=other", []),
        ("type=actor.stopped", []),
        ("type=resource.changed,actor.stopped&limit=2", ["evt_7", "evt_6"]),
        ("state=dead", ["evt_3"]),
        ("state=dead,unmatched", ["evt_6", "evt_3"]),
        ("route=to-desk&limit=2", ["evt_5", "evt_4"]),
        ("route=nowhere", []),
        ("find=NUMBER%22:5", []),
        ("find=EVT_5", ["evt_5"]),
        ("find=Ticket.Opened&state=dead", ["evt_3"]),
        ("find=nothing+of+that", []),
        ("from=2026-01-31T08:00:00.006Z", ["evt_7", "evt_6"]),
        ("from=2026-01-31T08:00:00.006Z&to=&limit=&cursor=", ["evt_7", "evt_6"]),
        ("to=2026-01-31T08:00:00.002Z", ["evt_1"]),
        ("from=2026-01-31T09:00:00.006+01:00&source=", ["evt_7", "evt_6"]),
        ("project=other", []),
    ],
)
def test_events_are_filtered(server: Server, query: str, found: list[str]) -> None:
    assert ids(server.get(f"/api/events?{query}")) == found


def test_a_large_page_of_events_is_made_a_bounded_number_at_a_time(server: Server) -> None:
    log = server.runtime.log = Log([record(number) for number in range(1, 1201)])
    server.runtime.projects["shop"].queue.rows = [row(number) for number in range(1, 1201)]

    assert len(ids(server.get("/api/events?limit=1000"))) == 1000
    assert len(ids(server.get("/api/events?limit=1000&route=to-desk"))) == 1000
    assert max(query.limit for query in log.queries) <= 200


def test_where_events_are_large_a_list_goes_on_behind_what_was_read(server: Server) -> None:
    log = server.runtime.log = Log([record(number) for number in range(1, 8)])
    log.most = 3  # as if the third were too large for more

    assert len(ids(server.get("/api/events"))) == 7
    assert ids(server.get("/api/events?find=evt_2")) == ["evt_2"]


def test_what_does_not_hold_a_text_is_not_looked_up_any_further(server: Server) -> None:
    assert ids(server.get("/api/events?find=evt_3")) == ["evt_3"]
    assert server.runtime.projects["shop"].queue.asked_of == [[3]]


def test_a_damaged_event_hides_neither_itself_nor_others(server: Server) -> None:
    server.runtime.log.records[4] = evolve(record(5, parent="evt_4"), body=b"", is_damaged=True)

    listed = server.get("/api/events").json
    trace = server.get("/api/events/evt_5").json

    assert [one["event_id"] for one in listed if one["damaged"]] == ["evt_5"]
    assert len(listed) == 7
    assert (trace["event"], trace["damaged"]) == (None, True)
    assert [phase["phase"] for phase in trace["phases"]][:2] == ["source.emit", "route.match"]
    assert server.get("/api/events/evt_4").json["effects"][0]["damaged"]
    assert server.get(f"/api/deliveries/{row(5).id}").json["event"] is None


@pytest.mark.parametrize("path", ["/api/events?limit=2", "/api/events?limit=1&route=to-desk"])
def test_pages_follow_one_another_to_the_end(server: Server, path: str) -> None:
    everything = ids(server.get(path.replace("limit=2", "a=b").replace("limit=1", "a=b")))

    assert _all_pages(server, path, "event_id") == everything


def test_deliveries_come_in_pages_across_projects(server: Server) -> None:
    others = [row(n, project="other", id=f"dlv_{n:x}x{'a' * 32}") for n in (1, 2, 4)]
    server.runtime.projects["other"] = Shop(name="other", queue=Queue(others))

    everything = [one["id"] for one in server.get("/api/deliveries").json]

    assert len(everything) == 8
    assert _all_pages(server, "/api/deliveries?limit=3", "id") == everything


def _all_pages(server: Server, path: str, name: str) -> list[str]:
    found: list[str] = []
    following: str | None = path
    while following is not None:
        reply = server.get(following)
        found += [one[name] for one in reply.json]
        link = re.fullmatch(r'<(.*)>; rel="next"', reply.headers.get("Link", ""))
        following = link[1] if link else None
    return found


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=abc", "limit"),
        ("limit=1001", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=%C2%B2", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=99999999999999999999", "cursor"),
        ("type=nonsense", "type"),
        ("state=delivered,nonsense", "state"),
        ("from=yesterday", "from"),
        ("to=2026-01-31", "to"),
        ("source=%ff", "source"),
    ],
)
def test_a_bad_value_is_refused_by_name(server: Server, query: str, name: str) -> None:
    reply = server.get(f"/api/events?{query}")

    assert (reply.status, reply.code) == (400, "bad_query")
    assert reply.json["error"]["message"].startswith(f"{name}: ")


@pytest.mark.parametrize("query", ["state=unmatched", "cursor=e30x", "cursor=WzFd", "cursor=é"])
def test_deliveries_refuse_bad_values_too(server: Server, query: str) -> None:
    assert server.get(f"/api/deliveries?{query}").status == 400


def test_deliveries_have_their_shape(server: Server) -> None:
    [dead] = server.get("/api/deliveries?state=dead").json

    assert dead == {
        "id": row(3).id,
        "event_id": "evt_3",
        "route": "to-desk",
        "actor": "desk",
        "project": "shop",
        "state": "dead",
        "attempts": 1,
        "key": row(3).id,
        "order_key": None,
        "due_at": None,
        "accepted_at": "2026-01-31T08:00:00.003Z",
        "created_at": "2026-01-31T08:00:00.013Z",
        "settled_at": "2026-01-31T08:00:00.043Z",
        "error": None,
        "tracking_id": None,
        "replay": False,
        "into": None,
        "batch": False,
        "session_key": None,
        "prompt_file": None,
        "prompt_sha256": None,
    }


def test_due_times_are_shown_as_the_wall_clock_will_show_them(server: Server) -> None:
    due = row(8, state=DeliveryState.WAITING, settled_at=None, due_at=NOW + 3_600_000)
    server.runtime.projects["shop"].queue.rows.append(due)

    [waiting] = server.get("/api/deliveries?state=waiting").json

    assert waiting["due_at"] == "2026-01-31T08:00:00.000Z"


def test_deliveries_of_one_event_are_found(server: Server) -> None:
    found = server.get("/api/deliveries?event=evt_2,evt_4,evt_99").json

    assert [one["event_id"] for one in found] == ["evt_4", "evt_2"]


# --- one event's way


def test_a_trace_tells_causes_effects_and_every_phase(server: Server) -> None:
    server.runtime.log.records += [
        record(8, parent="evt_2", depth=2),
        record(9, parent="evt_8", depth=3),
        record(10, parent="evt_8", depth=3),
    ]
    queue = server.runtime.projects["shop"].queue
    queue.rows.append(row(8, attempts=2))
    begun = row(8).created_at
    queue.pasts[row(8).id] = {
        "steps": [{"transform": "dedup", "verdict": "pass", "duration_ms": 0.1, "detail": None}],
        "attempts": [
            _attempt(1, begun + 1, begun + 2, "error", "connection refused"),
            _attempt(2, begun + 20, begun + 30, "delivered", None),
        ],
    }

    trace = server.get("/api/events/evt_8").json

    assert trace["event"]["payload"] == {"number": 8}
    assert [cause["event_id"] for cause in trace["causes"]] == ["evt_2"]
    assert [effect["event_id"] for effect in trace["effects"]] == ["evt_9", "evt_10"]
    assert [phase["phase"] for phase in trace["phases"]] == [
        "source.emit",
        "route.match",
        "transform.pass",
        "deliver.attempt",
        "deliver.failure",
        "deliver.attempt",
        "deliver.success",
    ]
    assert trace["state"] == "settled"
    [delivery] = trace["deliveries"]
    assert delivery["attempt_history"][0]["started_at"] == "2026-01-31T08:00:00.019Z"


@pytest.mark.parametrize(("since", "changed"), [(NOW, False), (NOW + 500, True), (None, True)])
def test_a_trace_says_whether_the_routes_are_still_those_of_then(
    server: Server, since: int | None, changed: bool
) -> None:
    server.runtime.projects["shop"].routes_since_ms = since

    assert server.get("/api/events/evt_1").json["routes_changed"] is changed
    assert server.get("/api/events/evt_7").json["routes_changed"] is False, "it is not routed yet"


def test_a_trace_tells_what_became_of_the_delivery_that_went_out_for_another(
    server: Server,
) -> None:
    queue = server.runtime.projects["shop"].queue
    queue.rows.append(row(7, state=DeliveryState.MERGED, into=row(5).id))
    begun = row(5).created_at
    queue.pasts[row(5).id] = {
        "steps": [],
        "attempts": [_attempt(1, begun, begun + 9, "delivered", None)],
        "members": [row(7).id],
    }

    [merged] = server.get("/api/events/evt_7").json["deliveries"]
    [alone] = server.get("/api/events/evt_5").json["deliveries"]

    assert (merged["carrier"]["id"], merged["carrier"]["event_id"]) == (row(5).id, "evt_5")
    assert merged["carrier"]["attempt_history"][0]["outcome"] == "delivered"
    assert alone["carrier"] is None


def test_a_trace_says_why_the_actor_of_what_waits_is_away(server: Server) -> None:
    shop = server.runtime.projects["shop"]
    shop.actors["desk"] = Some(reason="cannot connect")
    shop.queue.rows.append(row(7, state=DeliveryState.WAITING, settled_at=None))

    [waiting] = server.get("/api/events/evt_7").json["deliveries"]
    [settled] = server.get("/api/events/evt_5").json["deliveries"]

    assert (waiting["actor_away"], settled["actor_away"]) == ("cannot connect", None)


def test_a_trace_says_that_there_are_more_effects_than_it_lists(server: Server) -> None:
    log = server.runtime.log
    log.records += [record(100 + number, parent="evt_2") for number in range(200)]
    assert server.get("/api/events/evt_2").json["effects_cut"] is False

    log.records.append(record(300, parent="evt_2"))
    trace = server.get("/api/events/evt_2").json

    assert (len(trace["effects"]), trace["effects_cut"]) == (200, True)


def _attempt(number: int, begun: int, ended: int, outcome: str, error: str | None) -> Any:
    return {
        "attempt": number,
        "started_at": begun,
        "ended_at": ended,
        "outcome": outcome,
        "error": error,
    }


def test_a_trace_tells_how_each_route_stands_to_the_event(server: Server) -> None:
    wants = {"to-desk": {}, "odd-ones": {"payload.number": [1, 3]}}
    server.runtime.projects["shop"].definition.routes = {
        name: RouteDefinition(
            name=name,
            when=Match(source="hook", filter=wanted),
            actor="desk",
            place=Place(file=Path("orgloop.yaml"), line=1, column=1),
        )
        for name, wanted in wants.items()
    }

    trace = server.get("/api/events/evt_2").json

    assert trace["routes"] == [
        {"name": "to-desk", "matched": True, "reason": None, "failing": 0},
        {
            "name": "odd-ones",
            "matched": False,
            "reason": {"path": "payload.number", "expected": [1, 3], "actual": 2},
            "failing": 1,
        },
    ]
    assert trace["routes_omitted"] == 0


def test_a_trace_tells_what_each_transform_changed(server: Server) -> None:
    step = {"transform": "old", "verdict": "change", "duration_ms": 0.1, "detail": None}
    changes = [{"path": "payload.x", "after": 1}]
    queue = server.runtime.projects["shop"].queue
    queue.pasts[row(5).id] = {
        "steps": [
            step,
            {**step, "transform": "new", "changes": changes, "changes_omitted": 2},
        ]
    }

    trace = server.get("/api/events/evt_5").json

    [delivery] = trace["deliveries"]
    assert delivery["changes"] == [
        {"transform": "old", "verdict": "change", "changes": [], "omitted": 0},
        {"transform": "new", "verdict": "change", "changes": changes, "omitted": 2},
    ]
    assert delivery["steps"] == [step, {**step, "transform": "new"}]
    assert not [phase for phase in trace["phases"] if "changes" in phase]


def test_an_event_is_found_by_the_beginning_of_its_id(server: Server) -> None:
    server.runtime.log.records += [
        evolve(record(20 + position), id=name)
        for position, name in enumerate(("evt_abcd1", "evt_abcd2", "evt_abcd22"))
    ]

    assert server.get("/api/events/evt_abcd1").json["event_id"] == "evt_abcd1"
    assert server.get("/api/events/evt_abcd2").json["event_id"] == "evt_abcd2"
    assert server.get("/api/events/evt_abcd22").json["event_id"] == "evt_abcd22"
    several = server.get("/api/events/evt_abcd")
    assert several.status == 404
    assert several.json["error"]["hint"] == "such as evt_abcd1, evt_abcd2, evt_abcd22"
    for name in ("evt_abc", "evt_abcdx", "evt_abcd_"):
        assert server.get(f"/api/events/{name}").status == 404


def test_a_unique_beginning_is_enough(server: Server) -> None:
    server.runtime.log.records.append(evolve(record(20), id="evt_abcd1ffffff"))

    assert server.get("/api/events/evt_abcd").json["event_id"] == "evt_abcd1ffffff"
    assert server.get("/api/events/evt_abcd?project=other").status == 404


def test_an_event_that_waits_in_another_delivery_is_not_settled(server: Server) -> None:
    merged = row(5, state=DeliveryState.MERGED, settled_at=None)
    server.runtime.projects["shop"].queue.rows[4] = merged

    assert server.get("/api/events/evt_5").json["state"] == "open"
    assert server.get("/api/events/evt_4").json["state"] == "settled"


def test_a_trace_tells_what_the_guard_found(server: Server) -> None:
    queue = server.runtime.projects["shop"].queue
    queue.rows[4] = row(5, state=DeliveryState.HELD, settled_at=None)
    for verdict in ("flag", "hold"):
        step = {"transform": "guard", "verdict": verdict, "duration_ms": 0.1, "detail": "odd"}
        queue.pasts.setdefault(row(5).id, {"steps": []})["steps"].append(step)

    phases = server.get("/api/events/evt_5").json["phases"]

    assert [(one["phase"], one["error"]) for one in phases[2:]] == [
        ("audit.flag", "odd"),
        ("deliver.held", "odd"),
    ]


def test_a_batch_and_a_replay_are_told_from_the_event_s_own_way(server: Server) -> None:
    server.runtime.projects["shop"].queue.rows[5:] = [
        row(5, id=f"dlv_5x{'b' * 32}", is_batch=True),
        row(5, id=f"dlv_5x{'c' * 32}", replay=1),
    ]

    phases = server.get("/api/events/evt_5").json["phases"]

    matches = [one["delivery"] for one in phases if one["phase"] == "route.match"]
    assert matches == [row(5).id, f"dlv_5x{'c' * 32}"]


def test_a_trace_of_what_no_route_wanted_says_so(server: Server) -> None:
    trace = server.get("/api/events/evt_6").json

    assert (trace["state"], trace["deliveries"]) == ("unmatched", [])
    assert [phase["phase"] for phase in trace["phases"]] == ["source.emit", "route.no_match"]
    assert server.get("/api/events/evt_7").json["state"] == "accepted"


def test_a_deep_event_is_traced_as_a_loop(server: Server) -> None:
    server.runtime.log.records += [record(8, depth=4), record(9, depth=5)]
    server.runtime.projects["shop"].queue.rows += [
        row(8),
        row(9, route=None, actor=None, state=DeliveryState.CUT, settled_at=None),
    ]

    ways = [
        [phase["phase"] for phase in server.get(f"/api/events/{name}").json["phases"]]
        for name in ("evt_1", "evt_8", "evt_9")
    ]

    assert "loop.detected" not in ways[0]
    assert ways[1][:3] == ["source.emit", "loop.detected", "route.match"]
    assert ways[2] == ["source.emit", "loop.circuit_broken"]


def test_a_chain_without_end_is_cut_off(server: Server) -> None:
    server.runtime.log.records += [record(n, parent=f"evt_{n - 1}") for n in range(8, 400)]

    assert len(server.get("/api/events/evt_399").json["causes"]) == 50
    assert server.get("/api/events/evt_7").status == 200


def test_a_cursor_beyond_what_is_counted_is_refused(server: Server) -> None:
    beyond = f'{{"shop": "dlv_{2**63:x}x{0:032x}"}}'.encode()
    cursor = base64.urlsafe_b64encode(beyond).decode()

    reply = server.get(f"/api/deliveries?cursor={cursor}")

    assert (reply.status, reply.json["error"]["message"][:7]) == (400, "cursor:")


def test_an_event_that_is_not_held_is_not_found(server: Server) -> None:
    assert server.get("/api/events/evt_99").status == 404
    assert server.get("/api/events/evt_1?project=other").status == 404
    assert server.get("/api/events/").status == 404


# --- reported events


def emit(server: Server, body: bytes, **headers: str) -> Any:
    return server.ask("POST", "/api/events", body, {**BEARER, **headers})


def test_type_source_and_payload_are_enough(server: Server) -> None:
    reply = emit(server, b'{"type": "message.received", "source": "hook", "payload": {"a": 1}}')

    assert (reply.status, reply.json["event_id"]) == (200, "evt_1")
    [draft] = server.runtime.projects["shop"].door.drafts
    assert (draft.type, draft.payload) == ("message.received", {"a": 1})
    assert draft.provenance == {"platform": "webhook"}
    assert draft.timestamp is None


def test_what_is_given_is_kept(server: Server) -> None:
    emit(
        server,
        b'{"type": "actor.stopped", "source": "desk", "id": "evt_mine", "provenance":'
        b' {"platform_event": "x"}, "timestamp": "2026-01-31T08:00:00Z"}',
        **{"X-OrgLoop-Trace": "trc_1;evt_1"},
    )

    door = server.runtime.projects["shop"].door
    assert (door.drafts[0].id, door.drafts[0].timestamp) == ("evt_mine", "2026-01-31T08:00:00Z")
    assert door.drafts[0].provenance == {"platform": "webhook", "platform_event": "x"}
    assert door.causes == [Cause("trc_1", "evt_1")]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"[]", "not an object"),
        (b'{"type": "resource.changed"}', "source"),
        (b'{"type": "resource.changed", "source": 7}', "source"),
        (b'{"type": "resource.changed", "source": "nobody"}', "'nobody'"),
        (b'{"type": "x", "source": "hook"}', "type: one of"),
        (b'{"type": ["x"], "source": "hook"}', "type: one of"),
        (b'{"type": "resource.changed", "source": "hook", "id": "my id"}', "id: evt_"),
        (b'{"type": "resource.changed", "source": "hook", "payload": []}', "payload"),
        (b'{"type": "resource.changed", "source": "hook", "provenance": 1}', "provenance"),
        (b'{"type": "resource.changed", "source": "hook", "timestamp": "now"}', "timestamp"),
        (
            b'{"type": "resource.changed", "source": "hook",'
            b' "timestamp": "9999-12-31T23:59:59-14:00"}',
            "years 1 to 9999",
        ),
        (b'{"type": "resource.changed", "source": "hook", "project": "no"}', "no project 'no'"),
        (b'{"type": "resource.changed", "source": "hook", "project": [1]}', "no project [1]"),
        (b'{"type": "resource.changed", "source": "hook", "a": NaN}', "not JSON"),
    ],
)
def test_what_is_no_event_is_refused_with_the_reason(
    server: Server, body: bytes, words: str
) -> None:
    reply = emit(server, body)

    assert reply.status == 400
    assert words in reply.json["error"]["message"]
    assert server.runtime.projects["shop"].door.drafts == []


def test_a_long_name_is_not_repeated_whole(server: Server) -> None:
    reply = emit(server, b'{"type": "resource.changed", "source": "%s"}' % (b"x" * 100_000))

    assert reply.status == 400
    assert len(reply.body) < 500


def test_a_reporter_that_goes_away_does_not_stop_what_is_being_kept(server: Server) -> None:
    door = server.runtime.projects["shop"].door
    door.wait = Deferred()
    wire = server.connect()
    body = b'{"type": "resource.changed", "source": "hook"}'
    wire.send(
        b"POST /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (TOKEN.encode(), len(body), body)
    )

    wire.lose()
    door.wait.callback(None)

    assert len(door.drafts) == 1


def test_a_source_of_two_projects_must_be_told_apart(server: Server) -> None:
    server.runtime.projects["other"] = Shop(
        name="other", sources=server.runtime.projects["shop"].sources, door=Door()
    )
    body = b'{"type": "resource.changed", "source": "hook"%s}'

    assert emit(server, body % b"").code == "ambiguous_source"
    assert emit(server, body % b', "project": "other"').status == 200
    assert len(server.runtime.projects["other"].door.drafts) == 1


def test_a_failure_of_our_own_is_a_plain_500(server: Server) -> None:
    server.runtime.log = None

    reply = server.get("/api/events")

    assert (reply.status, reply.code) == (500, "internal")
