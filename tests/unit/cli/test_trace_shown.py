"""One event's whole way fits one screen, and says why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from orgloop.cli.look import columns_of
from orgloop.cli.tracing.advice import advice
from orgloop.cli.tracing.sheet import Sheet
from orgloop.cli.tracing.shown import trace_in_short, trace_text
from orgloop.cli.tracing.standings import RoutesBeside

NOW = 1_769_846_460.0  # 2026-01-31T08:01:00Z
EVENT_ID = "evt_" + "a" * 32
DELIVERY_ID = "dlv_1x" + "b" * 32


@pytest.fixture
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A reader in Greenwich."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def event(name: str, **others: Any) -> dict[str, Any]:
    return {
        "event_id": name,
        "type": "resource.changed",
        "platform_event": "ticket.opened",
        "source": "tickets",
        "timestamp": "2026-01-31T08:00:00.000Z",
        "accepted_at": "2026-01-31T08:00:00.000Z",
        "trace_id": "trc_" + "a" * 32,
        "depth": 2,
        "damaged": False,
        "effects": [],
        **others,
    }


def attempt(number: int, outcome: str, error: str | None = None) -> dict[str, Any]:
    return {
        "attempt": number,
        "started_at": f"2026-01-31T08:00:{number:02}.000Z",
        "duration_ms": 20,
        "outcome": outcome,
        "error": error,
    }


def delivery(**others: Any) -> dict[str, Any]:
    return {
        "id": DELIVERY_ID,
        "route": "to-desk",
        "actor": "desk",
        "state": "delivered",
        "settled_at": "2026-01-31T08:00:02.020Z",
        "due_at": None,
        "error": None,
        "tracking_id": "job-7",
        "steps": [
            {"transform": "no-bots", "verdict": "pass", "duration_ms": 0.05, "detail": None},
            {"transform": "tag", "verdict": "change", "duration_ms": 12, "detail": None},
        ],
        "changes": [
            {"transform": "no-bots", "verdict": "pass", "changes": [], "omitted": 0},
            {
                "transform": "tag",
                "verdict": "change",
                "changes": [
                    {"path": "payload.x", "before": 1, "after": 2},
                    {"path": "payload.y", "after": None},
                    {"path": "payload.z", "before": "gone"},
                ],
                "omitted": 1,
            },
        ],
        "attempt_history": [attempt(1, "error", "connection refused"), attempt(2, "delivered")],
        **others,
    }


def trace(**others: Any) -> dict[str, Any]:
    whole = {
        **event(EVENT_ID),
        "state": "settled",
        "processing_ms": 2020,
        "event": {"id": EVENT_ID, "payload": {"x": 1}},
        "causes": [event("evt_root"), event("evt_parent")],
        "effects": [event("evt_child", effects=[event("evt_grandchild")])],
        "routes": [
            {"name": "to-desk", "matched": True, "reason": None, "failing": 0},
            {
                "name": "urgent",
                "matched": False,
                "reason": {"path": "payload.x", "expected": [2, 3], "actual": 1},
                "failing": 1,
            },
        ],
        "routes_omitted": 980,
        "deliveries": [delivery()],
    }
    return {**whole, **others}


def shown(**others: Any) -> list[str]:
    return trace_text(trace(**others), NOW).splitlines()


@pytest.mark.usefixtures("in_utc")
def test_it_tells_the_whole_way() -> None:
    assert shown() == [
        EVENT_ID,
        "resource.changed ticket.opened from tickets",
        "accepted 2026-01-31 08:00:00 (1m ago)",
        "settled after 2s",
        "trc_" + "a" * 32 + "  depth 2",
        "",
        "causes",
        "evt_root  08:00:00.000  resource.changed ticket.opened from tickets",
        "└ evt_parent  08:00:00.000  resource.changed ticket.opened from tickets",
        "",
        "routes",
        "delivered  to-desk → desk",
        f"  {DELIVERY_ID}",
        "  transform no-bots  pass  0.05 ms",
        "  transform tag  change  12 ms",
        "    - payload.x: 1",
        "    + payload.x: 2",
        "    + payload.y: null",
        '    - payload.z: "gone"',
        "    and 1 more change",
        "  attempt 1  08:00:01.000  error  20 ms  connection refused",
        "  attempt 2  08:00:02.000  delivered  20 ms",
        "  tracking id job-7",
        "not matched  urgent  payload.x: wanted 2 or 3, was 1",
        "980 more routes did not want it",
        "",
        "effects",
        "evt_child  08:00:00.000  resource.changed ticket.opened from tickets",
        "└ evt_grandchild  08:00:00.000  resource.changed ticket.opened from tickets",
    ]


def test_a_route_that_took_the_event_is_not_said_not_to_want_it() -> None:
    changed = {"path": "payload.x", "expected": 9, "actual": 1}
    routes = [{"name": "to-desk", "matched": False, "reason": changed, "failing": 1}]

    told = shown(routes=routes, routes_omitted=0)

    assert not [one for one in told if "not matched" in one]


def test_where_the_routes_have_changed_it_says_so_and_which_would_want_the_event_now() -> None:
    wants = {"name": "new", "matched": True, "reason": None, "failing": 0}
    others = [wants, *trace()["routes"]]

    told = shown(routes=others, routes_omitted=0, routes_changed=True)
    same = shown(routes=others, routes_omitted=0, routes_changed=False)

    assert told[told.index("  tracking id job-7") + 1 :][:3] == [
        "the routes have changed since; below, the event is compared with those of now",
        "matches now  new  it did not when the event was routed",
        "not matched  urgent  payload.x: wanted 2 or 3, was 1",
    ]
    assert not [one for one in same if "have changed" in one or "matches now" in one]


def test_of_a_chain_that_was_cut_it_says_which_route_would_have_gone_on() -> None:
    wants = {"name": "again", "matched": True, "reason": None, "failing": 0}

    told = shown(state="cut", deliveries=[], routes=[wants])

    assert "matches  again  it is not routed" in told


def test_what_went_out_with_another_delivery_is_followed_there() -> None:
    carrier = delivery(id="dlv_2x" + "c" * 32, event_id="evt_last", members=["a", "b"])
    merged = delivery(state="merged", into=carrier["id"], carrier=carrier, attempt_history=[])

    told = shown(deliveries=[{**merged, "tracking_id": None}])

    begun = told.index(f"  carried by {carrier['id']} of evt_last")
    assert told[begun + 1 : begun + 6] == [
        "    delivered",
        "    attempt 1  08:00:01.000  error  20 ms  connection refused",
        "    attempt 2  08:00:02.000  delivered  20 ms",
        "    tracking id job-7",
        "    a batch of 2 events",
    ]


def test_of_many_ways_those_that_ask_for_a_look_come_first() -> None:
    good = [delivery(route=f"r{number}") for number in range(30)]
    many = [*good, delivery(route="bad", state="dead")]

    told = [one for one in shown(deliveries=many) if " → " in one or "more deliver" in one]
    whole = trace_text(trace(deliveries=many), NOW, details=True)

    assert told[0].startswith("dead  bad")
    assert told[-1] == "and 21 more deliveries: 21 delivered (see them with -v)"
    assert len(told) == 11
    assert "r29" in whole


def test_a_chain_of_which_retention_has_taken_the_beginning_says_so() -> None:
    assert "1 earlier cause is not kept any more" in shown(depth=4)
    assert "2 earlier causes are not kept any more" in shown(depth=3, causes=[])
    assert "causes" not in shown(depth=1, causes=[])
    many = [event(f"evt_{number}") for number in range(50)]
    assert "9 earlier causes are not listed" in shown(depth=60, causes=many)


def test_of_many_effects_the_first_are_shown() -> None:
    many = [event(f"evt_{number}") for number in range(40)]

    assert "and 25 more (see them with -v)" in shown(effects=many)
    assert "and at least 25 more (see them with -v)" in shown(effects=many, effects_cut=True)
    assert "and more" in shown(effects_cut=True)


def test_a_mismatch_that_is_too_long_for_a_line_has_one_for_each_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("orgloop.cli.tracing.sheet.width", lambda: 60)
    sheet = Sheet()
    reason = {"path": "payload.title", "expected": "a" * 200, "actual": "b" * 200}

    RoutesBeside(sheet, False).not_wanting([{"name": "urgent", "reason": reason}], 0)

    head, wanted, was = sheet.whole().splitlines()
    assert head == "not matched  urgent  payload.title"
    assert (wanted[:13], was[:10]) == ('    wanted "a', '    was "b')
    assert max(map(columns_of, (wanted, was))) == 60


def test_a_route_that_fails_on_several_fields_says_how_many() -> None:
    reason = {"path": "payload.x", "expected": 2, "actual": 1}
    others = [{"name": f"r{n}", "reason": reason, "failing": n} for n in (1, 2, 3)]

    told = [one.split("was 1")[1] for one in shown(routes=others) if "not matched" in one]

    assert told == ["", ", and 1 more condition fails", ", and 2 more conditions fail"]


def test_the_beginning_of_a_large_value_is_written_as_the_json_that_it_is() -> None:
    change = {"path": "payload.x", "before": '{"a":["b"…', "after": '{"a": "whole"}'}
    step = {"changes": [change], "omitted": 0}

    told = shown(deliveries=[delivery(changes=[{}, step])])

    assert '    - payload.x: {"a":["b"…' in told
    assert r'    + payload.x: "{\"a\": \"whole\"}"' in told


def test_a_kind_of_any_length_does_not_leave_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orgloop.cli.tracing.sheet.width", lambda: 60)
    sheet_columns = [columns_of(one) for one in shown(platform_event="x" * 5_000_000)]

    assert max(sheet_columns[:6]) <= 60


@pytest.mark.parametrize(
    ("deliveries", "others", "told"),
    [
        ([delivery()], {}, ""),
        ([delivery(), delivery(state="dead")], {}, f"orgloop dlq retry {DELIVERY_ID}"),
        ([delivery(state="held")], {}, f"orgloop held release {DELIVERY_ID}"),
        ([], {"state": "unmatched"}, "orgloop routes"),
        ([], {"state": "unmatched", "routes_changed": True}, f"orgloop replay {EVENT_ID}"),
        ([], {"state": "cut", "routes_changed": True}, ""),
    ],
)
def test_it_says_what_to_do_next(
    deliveries: list[dict[str, Any]], others: dict[str, Any], told: str
) -> None:
    found = advice(trace(deliveries=deliveries, **others))

    assert told in found
    assert bool(told) == bool(found)


def test_what_waits_says_when_it_is_tried_again() -> None:
    waiting = delivery(state="waiting", settled_at=None, due_at="2026-01-31T08:01:30.000Z")

    assert "  next attempt in 30s" in shown(deliveries=[waiting], state="open")


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"due_at": "2026-01-31T08:00:30.000Z"}, "the next attempt is due"),
        ({"due_at": "2026-01-31T08:01:30.000Z", "attempt_history": []}, "first attempt in 30s"),
        ({"order_key": "42"}, "waits behind others with the order key 42"),
        ({}, "waits until the project has its route and its actor again"),
        ({"actor_away": "cannot connect"}, "desk is degraded: cannot connect"),
        ({"session_key": "pr-7", "state": "inbox"}, "for session pr-7"),
    ],
)
def test_what_is_not_settled_says_what_it_waits_for(others: dict[str, Any], told: str) -> None:
    waiting = delivery(**{"state": "waiting", "settled_at": None, **others})

    assert f"  {told}" in shown(deliveries=[waiting], state="open")


def test_an_event_that_no_route_wanted_and_that_was_replayed_is_both() -> None:
    [told] = [one for one in shown(state="unmatched") if one.startswith("unmatched")]

    assert told == "unmatched: no route wanted it; it was replayed since"


def test_a_delivery_that_stands_there_already_is_not_told_again_where_it_carries_another() -> None:
    batch = delivery(id="dlv_2x" + "c" * 32, batch=True)
    merged = delivery(state="merged", into=batch["id"], carrier=batch, attempt_history=[])

    told = shown(deliveries=[merged, batch])

    assert f"  carried by {batch['id']}" in told
    assert len([one for one in told if "attempt 1" in one]) == 1


def test_an_end_without_an_attempt_is_told_once() -> None:
    step = {"transform": "no-bots", "verdict": "drop", "duration_ms": 1, "detail": "author is bot"}
    dropped = delivery(
        state="dropped",
        steps=[step],
        changes=[],
        attempt_history=[],
        error="no-bots: author is bot",
    )
    discarded = delivery(state="dead", steps=[], attempt_history=[], error="overflow")

    assert "  transform no-bots  drop  1 ms  author is bot" in shown(deliveries=[dropped])
    assert not [one for one in shown(deliveries=[dropped]) if "no-bots: author" in one]
    assert "  overflow" in shown(deliveries=[discarded])


@pytest.mark.parametrize(
    ("state", "why"),
    [("unmatched", "no route wanted it"), ("accepted", "not routed yet"), ("cut", "max_depth")],
)
def test_an_event_without_a_delivery_says_why(state: str, why: str) -> None:
    [told] = [one for one in shown(state=state, processing_ms=None) if one.startswith(f"{state}:")]

    assert why in told


def test_much_is_told_in_part_unless_everything_is_asked_for() -> None:
    tried = [attempt(number, "error", "refused") for number in range(1, 11)]
    reason = {"path": "type", "expected": ["actor.stopped"], "actual": "resource.changed"}
    others = [{"name": f"r{n}", "matched": False, "reason": reason} for n in range(8)]
    long = trace(deliveries=[delivery(attempt_history=tried)], routes=others, routes_omitted=0)

    short = trace_text(long, NOW)
    whole = trace_text(long, NOW, details=True)

    assert "4 earlier attempts (see them with -v)" in short
    assert "attempt 4 " not in short
    assert "3 more routes did not want it" in short
    assert "attempt 4 " in whole
    assert "r7" in whole
    assert '"payload"' in whole


def test_ids_stay_whole_on_a_narrow_terminal_and_texts_give_way() -> None:
    sheet = Sheet(columns=50)

    sheet.add(EVENT_ID, text="  a text that is far too long for what is left")
    sheet.add(text="日本語" * 30, meaning="bad")
    sheet.add(f"{EVENT_ID} {DELIVERY_ID}", text=" and more")

    first, second, third, fourth = sheet.whole().splitlines()
    assert first == f"{EVENT_ID}  a text that…"
    assert columns_of(second) <= 50
    assert (third, fourth) == (f"{EVENT_ID} {DELIVERY_ID}", "    and more")


@pytest.mark.parametrize("columns", [8, 20, 60, 80, 120])
def test_no_text_leaves_the_terminal(columns: int) -> None:
    sheet, whole = Sheet(columns=columns), Sheet(columns=columns, is_whole=True)
    for text in ("word " * 40, "x" * 5_000_000, "日本語" * 100, "\x1b\u202e" * 50, "  two  "):
        sheet.add("ab ", text=text, indent=2)
        sheet.add("ab ", text=text, indent=2, is_reason=True)
        whole.add("ab ", text=text, indent=2)

    for one in (*sheet.whole().splitlines(), *whole.whole().splitlines()):
        assert columns_of(one) <= max(columns, 7), one


def test_a_reason_goes_on_between_its_words() -> None:
    sheet, whole = Sheet(columns=30), Sheet(columns=30, is_whole=True)
    reason = "it cannot be reached: connection refused by the other side: 111: and so on"

    for one in (sheet, whole):
        one.add("attempt 1 ", text=reason, indent=2, is_reason=True)

    assert sheet.whole().splitlines() == [
        "  attempt 1 it cannot be",
        "      reached: connection",
        "      refused by the other si…",
    ]
    assert whole.whole().splitlines()[2:] == [
        "      refused by the other",
        "      side: 111: and so on",
    ]


def test_a_name_that_a_stranger_gave_does_not_flood_the_screen() -> None:
    told = shown(deliveries=[delivery(tracking_id="t" * 5_000_000, session_key="s" * 5_000_000)])

    assert max(map(len, told)) < 250


def test_what_went_wrong_again_is_not_said_again() -> None:
    tried = [attempt(1, "error", "refused"), attempt(2, "error", "refused"), attempt(3, "x", "no")]
    waiting = delivery(attempt_history=tried, actor_away="no", settled_at=None, state="waiting")

    told = [one.split("20 ms  ")[-1] for one in shown(deliveries=[waiting]) if "  attempt" in one]

    assert told == ["refused", "as before", "no"]
    assert "  desk is degraded" in shown(deliveries=[waiting])


def test_nothing_from_outside_acts_on_the_terminal() -> None:
    bad = "\x1b]0;owned\x07\u202e\n"
    step = {"transform": bad, "verdict": bad, "duration_ms": 1, "detail": bad}
    change = {"path": bad, "before": bad, "after": bad + "x"}
    hostile = delivery(
        route=bad,
        actor=bad,
        state=bad,
        tracking_id=bad,
        error=bad,
        steps=[step],
        changes=[{"changes": [change], "omitted": 0}],
        attempt_history=[attempt(1, bad, bad)],
    )
    reason = {"path": bad, "expected": bad, "actual": bad}
    whole = trace(
        **event(bad, type=bad, platform_event=bad, source=bad, timestamp=bad, trace_id=bad),
        event={bad: bad},
        deliveries=[hostile],
        routes=[{"name": bad, "matched": False, "reason": reason}],
    )

    for text in (trace_text(whole, NOW, details=True), trace_in_short(whole)):
        assert not {"\x1b", "\x07", "\u202e"} & set(text)


def test_in_short_there_are_ids_and_states() -> None:
    assert trace_in_short(trace()).splitlines() == [
        f"{EVENT_ID}  settled",
        f"{DELIVERY_ID}  delivered",
    ]


def test_a_trace_of_an_older_runtime_is_shown_as_far_as_it_goes() -> None:
    old = delivery()
    del old["changes"]
    whole = trace(deliveries=[old])
    del whole["routes"], whole["routes_omitted"]

    assert "  transform tag  change  12 ms" in trace_text(whole, NOW).splitlines()
