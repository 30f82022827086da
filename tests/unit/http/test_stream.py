"""Log entries as they come: bounded, in portions, and never in the way of what they tell of."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.logger import LogLevel, capturedLogs

from orgloop.http.channel import LINGER_SECONDS, REQUEST_SECONDS
from orgloop.http.live.streams import GATHER_SECONDS, HEARTBEAT_SECONDS, MOST_VIEWERS
from orgloop.http.live.viewer import KEPT_ENTRIES, PATIENCE_BEATS, PORTION_ENTRIES
from orgloop.http.rotation import Rotation
from orgloop.logentry import LogEntry
from orgloop.storage.home import Home
from support.http_fakes import NOW, TOKEN
from support.http_wire import BEARER, Server, Wire


@pytest.fixture
def server() -> Server:
    return Server()


def watch(server: Server, query: str = "", key: str = TOKEN) -> Wire:
    """Begin a stream and take its head off."""
    wire = server.connect()
    line = f"GET /api/stream{query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
    wire.send(f"{line}\r\n".encode())
    assert wire.transport.value().startswith(b"HTTP/1.1 200 OK\r\n"), wire.transport.value()
    wire.transport.clear()
    return wire


def tell(server: Server, **fields: Any) -> None:
    entry = {"phase": "source.emit", "timestamp": NOW, "project": "shop", **fields}
    server.runtime.observers.observe(LogEntry(**entry))


def seen(server: Server, wire: Wire) -> list[Any]:
    """Let the next portion come, and return events as (name, data) and comments as they are."""
    server.clock.advance(GATHER_SECONDS)
    text = wire.transport.value().decode()
    wire.transport.clear()
    return [_parsed(block) for block in text.split("\n\n") if block]


def _parsed(block: str) -> Any:
    if block.startswith(":"):
        return block
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    return fields["event"], json.loads(fields["data"])


def seen_numbers(server: Server, wire: Wire) -> list[str]:
    server.clock.advance(GATHER_SECONDS)
    lines = wire.transport.value().decode().split("\n")
    wire.transport.clear()
    return [line[4:] for line in lines if line.startswith("id: ")]


def test_the_head_says_what_follows_and_comes_at_once(server: Server) -> None:
    wire = server.connect()
    token = BEARER["Authorization"]
    head = f"GET /api/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\r\n"
    wire.send(head.encode())

    answered, _, body = wire.transport.value().partition(b"\r\n\r\n")

    assert b"Content-Type: text/event-stream" in answered
    assert b"Cache-Control: no-store" in answered
    assert b"Connection: close" in answered
    assert b"Content-Length" not in answered
    assert body == b":\n\n"
    wire.lose()


def test_an_entry_is_told_as_loggers_get_it(server: Server) -> None:
    wire = watch(server)

    tell(server, source="hook", event_id="evt_1", metadata={"said": "a\nb\r\n\u2028"})
    [(name, data)] = seen(server, wire)

    assert name == "entry"
    assert data.items() >= {"phase": "source.emit", "module": "shop", "source": "hook"}.items()
    assert data["metadata"] == {"said": "a\nb\r\n\u2028"}
    assert data.keys() >= {"timestamp", "hostname", "orgloop_version", "event_id"}
    wire.lose()


def test_an_entry_that_cannot_be_written_is_counted_and_costs_no_other(server: Server) -> None:
    wire = watch(server)
    endless: dict[str, Any] = {}
    endless["inner"] = endless

    tell(server, source="before")
    tell(server, metadata=endless)
    tell(server, source="after")
    with capturedLogs() as logged:
        first, second, third = seen(server, wire)

    assert (first[1]["source"], second, third[1]["source"]) == (
        "before",
        ("lost", {"count": 1}),
        "after",
    )
    assert [one["log_level"] for one in logged] == [LogLevel.warn]
    wire.lose()


def test_numbers_grow_from_one_runtime_to_the_next(server: Server) -> None:
    wire = watch(server)
    for _ in range(3):
        tell(server)

    numbers = [int(number) for number in seen_numbers(server, wire)]

    assert numbers == [numbers[0] + step for step in range(3)]
    assert NOW * 1000 < numbers[0] < 2**53
    wire.lose()


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("source=hook", {"source": "hook"}),
        ("route=a,b", {"route": "b"}),
        ("actor=desk", {"target": "desk"}),
        ("result=ok", {"result": "ok"}),
        ("phase=deliver.success", {"phase": "deliver.success"}),
        ("event=evt_1", {"event_id": "evt_1"}),
        ("project=shop2", {"project": "shop2"}),
    ],
)
def test_a_filter_lets_through_what_it_names(
    server: Server, query: str, fields: dict[str, str]
) -> None:
    wire = watch(server, f"?{query}")

    tell(server, source="other", route="c", target="chat", result="no", event_id="evt_2")
    tell(server, route="b", target="desk")
    tell(server, **fields)

    told = [data for _, data in seen(server, wire)]
    assert all(data.items() >= fields.items() for data in told)
    assert told
    wire.lose()


def test_filters_hold_together(server: Server) -> None:
    wire = watch(server, "?source=hook&route=a")

    tell(server, source="hook", route="b")
    tell(server, source="cron", route="a")
    assert seen(server, wire) == []
    tell(server, source="hook", route="a")

    assert len(seen(server, wire)) == 1
    wire.lose()


def test_a_phase_that_there_is_not_is_refused(server: Server) -> None:
    reply = server.get("/api/stream?phase=nonsense")

    assert (reply.status, reply.code) == (400, "bad_query")


def test_nobody_is_asked_for_entries_while_nobody_watches(server: Server) -> None:
    observers = server.runtime.observers
    assert not observers.is_heard("shop")

    wire = watch(server)
    assert observers.is_heard("shop")
    tell(server)
    wire.lose()

    assert not observers.is_heard("shop")
    server.clock.advance(0)
    assert server.clock.getDelayedCalls() == []


def test_one_who_leaves_costs_the_others_nothing(server: Server) -> None:
    first, second = watch(server), watch(server)
    tell(server)
    first.lose()

    assert len(seen(server, second)) == 1
    second.lose()


def test_entries_are_written_in_portions_and_none_is_missing(server: Server) -> None:
    wire = watch(server)
    count = 3 * PORTION_ENTRIES + 1
    for _ in range(count):
        tell(server)
    assert wire.transport.value() == b""

    portions = [len(seen(server, wire)) for _ in range(5)]

    assert portions == [PORTION_ENTRIES] * 3 + [1, 0]
    wire.lose()


def test_what_finds_no_room_is_counted_where_it_is_missing(server: Server) -> None:
    wire = watch(server)
    wire.channel.pauseProducing()
    for _ in range(KEPT_ENTRIES + 7):
        tell(server)
    assert seen(server, wire) == []

    wire.channel.resumeProducing()
    first = seen(server, wire)
    tell(server, source="later")
    told = first + [one for _ in range(50) for one in seen(server, wire)]

    assert [name for name, _ in told].count("entry") == KEPT_ENTRIES + 1
    assert told[-2:][0] == ("lost", {"count": 7})
    assert told[-1][1]["source"] == "later"
    wire.lose()


def test_of_more_than_the_limit_the_first_of_each_second_are_told(server: Server) -> None:
    wire = watch(server, "?limit=2&source=hook")
    tell(server, source="other")
    for number in range(5):
        tell(server, source="hook", attempt=number)

    told = seen(server, wire)
    server.clock.advance(1)
    tell(server, source="hook", attempt=5)
    told += seen(server, wire)

    assert [data.get("attempt", data.get("count")) for _, data in told] == [0, 1, 3, 5]
    assert told[2] == ("lost", {"count": 3})
    wire.lose()


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_a_limit_is_a_number_within_bounds(server: Server, limit: str) -> None:
    assert server.get(f"/api/stream?limit={limit}").code == "bad_query"


def test_a_loss_is_told_also_when_nothing_follows(server: Server) -> None:
    wire = watch(server)
    wire.channel.pauseProducing()
    for _ in range(KEPT_ENTRIES + 1):
        tell(server)
    wire.channel.resumeProducing()

    told = [one for _ in range(50) for one in seen(server, wire)]

    assert told[-1] == ("lost", {"count": 1})
    wire.lose()


def test_a_full_transport_holds_up_one_viewer_and_no_other(server: Server) -> None:
    full, free = watch(server), watch(server)
    full.channel.pauseProducing()

    tell(server)

    assert len(seen(server, free)) == 1
    assert seen(server, full) == []
    full.lose()
    free.lose()


def test_a_quiet_stream_gives_signs_of_life_and_no_deadline_ends_it(server: Server) -> None:
    wire = watch(server)

    for _ in range(int(3 * REQUEST_SECONDS / HEARTBEAT_SECONDS)):
        server.clock.advance(HEARTBEAT_SECONDS)

    beats = wire.transport.value().split(b"\n\n")
    assert set(beats) == {b":", b""}
    assert len(beats) == 13
    assert wire.transport.open
    wire.lose()


def test_who_reads_nothing_for_long_makes_room(server: Server) -> None:
    wire = watch(server)
    wire.channel.pauseProducing()

    for _ in range(PATIENCE_BEATS - 1):
        server.clock.advance(HEARTBEAT_SECONDS)
    assert wire.transport.open
    server.clock.advance(HEARTBEAT_SECONDS)

    assert wire.transport.aborted
    wire.lose()


def test_beyond_the_bound_nobody_may_watch_until_one_leaves(server: Server) -> None:
    wires = [watch(server) for _ in range(MOST_VIEWERS)]

    reply = server.get("/api/stream")

    assert (reply.status, reply.code) == (503, "too_many_streams")
    assert reply.headers["Retry-After"]
    wires.pop().lose()
    wires.append(watch(server))
    for wire in wires:
        wire.lose()


def test_leaving_ends_every_stream_with_what_was_told(server: Server) -> None:
    wire, stuck = watch(server), watch(server)
    stuck.channel.pauseProducing()
    tell(server, phase="system.stop", project=None)

    server.site.leave()

    assert b"system.stop" in wire.transport.value()
    assert wire.transport.disconnecting
    assert stuck.transport.aborted
    assert server.get("/api/stream").code == "draining"
    server.site.stay()
    wire.lose()
    stuck.lose()
    watch(server).lose()


def test_while_draining_nobody_begins_to_watch(server: Server) -> None:
    server.runtime.phase = "draining"

    assert server.get("/api/stream").code == "draining"
    assert server.get("/api/status").status == 200


def test_head_has_no_stream(server: Server) -> None:
    reply = server.ask("HEAD", "/api/stream", headers=BEARER)

    assert (reply.status, reply.body) == (200, b"")
    assert server.clock.getDelayedCalls() == []


def test_a_stream_ends_with_the_session_it_was_opened_with(server: Server) -> None:
    code = server.ask("POST", "/control/ui-code", headers=BEARER).json["code"]
    body = json.dumps({"code": code}).encode()
    session = server.ask("POST", "/ui/session", body).json["token"]
    own, other = watch(server, key=session), watch(server)

    headers = {"Authorization": f"Bearer {session}"}
    assert server.ask("DELETE", "/ui/session", headers=headers).status == 200

    assert own.transport.disconnecting
    assert other.transport.open
    server.clock.advance(LINGER_SECONDS)
    own.lose()
    other.lose()


def test_a_new_token_ends_at_once_what_the_old_one_opened(server: Server, tmp_path: Path) -> None:
    wire = watch(server)
    home = Home(tmp_path)

    async def at_once(work: Callable[[Home], str], home: Home) -> str:
        return work(home)

    runtime: Any = SimpleNamespace(home=home, run_in_thread=at_once)
    credentials = server.site.gate._credentials
    call: Any = SimpleNamespace(body=lambda: None)
    answer = Rotation(runtime, credentials, server.site.streams).rotate(call)
    assert Deferred.fromCoroutine(answer).result.status == 200

    assert wire.transport.disconnecting
    assert credentials.is_control(home.control_token().encode())
    assert server.get("/api/status").status == 401
    wire.lose()
