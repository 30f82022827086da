"""What the flow asks of the files is answered from an index, however much they hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orgloop.delivery import DeliveryState
from orgloop.records import (
    Again,
    Batch,
    Debounce,
    DeliveryQuery,
    EventQuery,
    Gather,
    MemoryWrite,
    NotedTime,
    Ready,
)
from orgloop.storage import (
    circuits,
    deadlines,
    event_queries,
    inbox_queries,
    inboxes,
    queue_queries,
    retention,
)
from orgloop.storage import claims as claiming
from orgloop.storage.attempts import Attempts
from orgloop.storage.circuits import Circuits
from orgloop.storage.claims import Asked, Claims
from orgloop.storage.database import Schema, open_for_writing
from orgloop.storage.decisions import Decisions
from orgloop.storage.event_tables import SCHEMA as EVENTS
from orgloop.storage.event_tables import EventTables
from orgloop.storage.inboxes import Draining, Inboxes
from orgloop.storage.memory import forget_expired, recall, remember
from orgloop.storage.order import call_next, step_in, taken_lines
from orgloop.storage.parking import Parking
from orgloop.storage.queue_schema import SCHEMA as QUEUE
from orgloop.storage.queue_state import QueueState
from orgloop.storage.retention import Aged, Forgetting
from orgloop.storage.routing import Routing
from orgloop.testing.storage_records import (
    batch,
    event_id_of,
    new_delivery,
    new_event,
    settlement,
)


class Explained:
    """A connection that notes the plan of every statement it is given."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.slow: list[str] = []

    @property
    def in_transaction(self) -> bool:
        return bool(self._connection.in_transaction)

    def execute(self, statement: str, *parameters: Any) -> Any:
        self._look_at(statement, *parameters)
        return self._connection.execute(statement, *parameters)

    def executemany(self, statement: str, rows: Any) -> Any:
        rows = list(rows)
        for row in rows[:1]:
            self._look_at(statement, row)
        return self._connection.executemany(statement, rows)

    def _look_at(self, statement: str, *parameters: Any) -> None:
        plan = self._connection.execute(f"EXPLAIN QUERY PLAN {statement}", *parameters).fetchall()
        for *_, step in plan:
            if step.startswith("SCAN") and not _is_small(step):
                self.slow.append(f"{step}: {statement}")
            if step.endswith("USING PRIMARY KEY (project=?)"):
                self.slow.append(f"{step}: {statement}")
            if "TEMP B-TREE" in step and "ORDER BY" in step and "json_each" not in statement:
                self.slow.append(f"{step}: {statement}")


def _is_small(step: str) -> bool:
    """Whether a step goes through a parameter, what was found, or a table that stays small."""
    small = (
        "json_each",
        "projects",
        "hours",
        "parked",
        "counts",
        "CONSTANT ROW",
        "wanted",
        "VIRTUAL TABLE",
        "came_of",
        "inboxes_awaiting",
        "(subquery",
        "sqlite_sequence",
        "SCAN bounded",
        "SCAN latest",
    )
    return any(word in step for word in small)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[Schema], Explained]]:
    connections = []

    def open_one(schema: Schema) -> Explained:
        connections.append(open_for_writing(tmp_path / schema.kind, schema))
        return Explained(connections[-1])

    yield open_one
    for connection in connections:
        connection.close()


def test_the_log_never_looks_at_every_event(opened: Callable[[Schema], Any]) -> None:
    connection = opened(EVENTS)
    tables = EventTables()
    tables.append(connection, [[new_event(n, parent="evt_x") for n in range(3)]])
    tables.finish(connection)
    event_queries.tracked(connection, "project", "job")
    event_queries.untied(connection, "project", 10)
    [parent] = event_queries.get_many(connection, "project", [1])
    tables.append(connection, [[new_event(9)]])
    tables.tie(connection, [(event_id_of(9), parent)])
    tables.forget(connection, [("project", [1])])
    event_queries.read(connection, "project", 0, 10)
    event_queries.get(connection, "project", "evt_1")
    event_queries.get_many(connection, "project", [1, 2])
    event_queries.effects_of(connection, "project", "evt_x")
    event_queries.query(connection, EventQuery(project="project", trace_id="trc_1"))
    event_queries.prunable(connection, "project", 100, 0, 100, 10)
    assert connection.slow == []


def test_the_queue_never_looks_at_every_delivery(opened: Callable[[Schema], Any]) -> None:
    connection = opened(QUEUE)
    state = QueueState("project")
    state.load(connection)
    connection.slow.clear()  # the counts are read whole, once
    routing, lane, out = Routing(state), Attempts(state), Claims(state)
    routing.route(connection, [batch(new_delivery(n, order_key="k")) for n in range(1, 5)])
    routing.route(connection, [batch(new_delivery(1))])
    [claims] = out.claim(connection, [Asked("actor", 4, 0)])
    lane.prepare(connection, [(claims[0].row, b"")])
    lane.note_process(connection, [(claims[0].row, 1, "")])
    lane.settle(connection, [settlement(claims[0], DeliveryState.WAITING, due_at=0)])
    [claims] = out.claim(connection, [Asked("actor", 4, 0)])
    lane.release(connection, [(claims[0].row, 0)])
    out.claim(connection, [Asked("actor", 4, 0, ["route"], True, [claims[0].row])])
    Circuits(state).give_up(connection, [(claims[0].row, 0, "")])
    decisions, ids = Decisions(state), [new_delivery(n).id for n in range(1, 5)]
    decisions.reopen(connection, [(ids, 0)])
    decisions.discard(connection, [(ids, 0)])
    decisions.unhold(connection, [(ids, 0)])
    again = Again(
        event_id="evt_1", event_seq=1, route="route", actor="actor", accepted_at=0, created_at=0
    )
    decisions.again(connection, [[again]])
    call_next(connection, [("route", "k", "actor")])
    step_in(connection, 1, ("route", "k", "actor"))
    taken_lines(connection, [("route", "k", "actor")])
    state.finish(connection)
    parking = Parking(state)
    parking.adopt(connection, [(["other"], {"actor": 2}), (["route"], {"actor": 2})])
    assert routing.route(connection, [batch(*(new_delivery(n) for n in range(11, 15)))])[0]
    queue_queries.matched(connection, "route", 10)
    claiming.next_due(connection, "actor", ["route"], True)
    claiming.gates(connection, "actor")
    queue_queries.get(connection, "project", new_delivery(1).id)
    queue_queries.for_events(connection, "project", [1])
    queue_queries.histories(connection, [new_delivery(1).id])
    queue_queries.merged(connection, "project", [new_delivery(1).id])
    queue_queries.query(connection, "project", DeliveryQuery(states=["dead", "waiting"]))
    claiming.unfinished(connection)
    remember(connection, [MemoryWrite(scope="s", key="k", value="", expires_at=1)], 0)
    recall(connection, [("s", "k")])
    assert connection.slow == []


def test_what_is_old_or_too_much_is_found_without_looking_at_every_delivery(
    opened: Callable[[Schema], Any],
) -> None:
    connection = opened(QUEUE)
    state = QueueState("project")
    state.load(connection)
    connection.slow.clear()
    rows = [new_delivery(n) for n in range(1, 9)]
    Routing(state).route(connection, [batch(*rows)])
    Parking(state).adopt(connection, [(["route"], {"actor": 3})])
    assert len(Routing(state).route(connection, [batch(new_delivery(9))])[0]) == 6
    state.finish(connection)
    found, _ = retention.prunable(connection, 10, 0, 2)
    assert Forgetting(state).forget(connection, [found]) == [2]
    assert retention.aged(connection, Aged(9, 0, ["nobody"], 1, 0)) == ([7], 7)
    assert retention.referred(connection, [1, 2, 3, 7]) == {3, 7}
    assert queue_queries.count(connection, DeliveryQuery(ids=[row.id for row in rows])) == 6
    forget_expired(connection, [(9, 10)])
    circuits.note_time(connection, [NotedTime(5, 5)])
    circuits.latest(connection)
    Circuits(state).note_degraded(connection, [("actor", "away")])
    assert connection.slow == []


def test_groups_are_found_without_looking_at_every_delivery(
    opened: Callable[[Schema], Any],
) -> None:
    connection = opened(QUEUE)
    state = QueueState("project")
    state.load(connection)
    connection.slow.clear()
    routing, lane, out = Routing(state), Attempts(state), Claims(state)
    decisions = Decisions(state)
    for how in (Debounce(quiet_ms=1, max_ms=9), Batch(max=9, every_ms=1)):
        for first, key in ((1, None), (10, "k")):
            ready = Ready(order_key=key, due_at=0, gather=Gather(key="k", how=how))
            route = f"{how} {key}"
            rows = [new_delivery(first + n, route=route, ready=ready) for n in range(4)]
            routing.route(connection, [batch(*rows)])
            decisions.discard(connection, [([rows[0].id], 0)])
    [claims] = out.claim(connection, [Asked("actor", 9, 9)])
    assert any(claim.members for claim in claims)
    ends = [settlement(claim, DeliveryState.DEAD) for claim in claims]
    lane.settle(connection, ends)
    decisions.reopen(connection, [([claim.id for claim in claims], 0)])
    out.claim(connection, [Asked("actor", 9, 9)])
    claiming.unfinished(connection)
    assert queue_queries.histories(connection, [claim.id for claim in claims])
    assert queue_queries.merged(connection, "project", [claim.id for claim in claims])
    queue_queries.for_events(connection, "project", [1])
    assert connection.slow == []


def test_inboxes_and_deadlines_are_found_without_looking_at_every_delivery(
    opened: Callable[[Schema], Any],
) -> None:
    connection = opened(QUEUE)
    state = QueueState("project")
    state.load(connection)
    connection.slow.clear()
    ready = Ready(order_key=None, due_at=0, session_key="s", expires_at=9)
    rows = [new_delivery(n, state=DeliveryState.INBOX, ready=ready) for n in range(1, 5)]
    Routing(state).route(connection, [batch(*rows)])
    taking = Inboxes(state)
    inbox_queries.inboxes(connection, unnotified=True)
    inboxes.note_notified(connection, [("s", 1)])
    taking.drain(connection, [Draining("s", 1, "a", 5, 0, 0), Draining("s", 1, "b", 5, 0, 0)])
    inbox_queries.inboxes(connection, unnotified=False)
    assert deadlines.overdue(connection, "project", 9, 10)
    deadlines.next_deadline(connection)
    taking.end_lease(connection, [([rows[1].id], 9, 9)])
    taking.drain(connection, [Draining("s", 1, "c", 5, 0, 0)])
    taking.acknowledge(connection, [("s", "c", 0)])
    taking.expire(connection, [([row.id for row in rows], 9, "")])
    deadlines.expecting(connection, "project", "job", None)
    deadlines.expecting(connection, "project", None, 1)
    deadlines.stop_seen(connection, [[rows[0].id]])
    assert connection.slow == []
