"""What can be asked of a queue: functions over a connection that reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from orgloop.delivery import Delivery
from orgloop.identity import event_seq_of
from orgloop.records import DeliveryQuery, Matched
from orgloop.storage.conditions import Conditions
from orgloop.storage.delivery_rows import COLUMNS, delivery_of
from orgloop.storage.hours import bounds
from orgloop.storage.members import member_ids
from orgloop.storage.queue_schema import CARRYING, STANDING, STANDING_STATES
from orgloop.storage.rows import as_list

_SELECT = f"SELECT {COLUMNS} FROM deliveries"
_ATTEMPT = ("attempt", "started_at", "ended_at", "outcome", "error")


def matched(connection: sqlite3.Connection, route: str, limit: int) -> list[Matched]:
    """See `IDeliveryQueue.matched`."""
    found = connection.execute(
        "SELECT row, id, event_id, event_seq, route, actor, accepted_at, replay, place "
        "FROM deliveries WHERE state = 'matched' AND route = ? ORDER BY row LIMIT ?",
        (route, limit),
    )
    return [
        Matched(
            row=row,
            id=delivery_id,
            event_id=event_id,
            event_seq=event_seq,
            route=of_route,
            actor=actor,
            accepted_at=accepted_at,
            replay=replay,
            is_again=replay > 0 or place != row,  # a retry gets a new place
        )
        for (
            row,
            delivery_id,
            event_id,
            event_seq,
            of_route,
            actor,
            accepted_at,
            replay,
            place,
        ) in found
    ]


def get(connection: sqlite3.Connection, project: str, delivery_id: str) -> Delivery | None:
    """See `IDeliveryQueue.get`."""
    found = connection.execute(
        f"{_SELECT} WHERE event_seq = ? AND id = ?", (event_seq_of(delivery_id), delivery_id)
    ).fetchone()
    return delivery_of(project, found) if found else None


def for_events(
    connection: sqlite3.Connection, project: str, event_seqs: Sequence[int]
) -> dict[int, list[Delivery]]:
    """See `IDeliveryQueue.for_events`."""
    found = connection.execute(
        f"{_SELECT} WHERE event_seq IN (SELECT value FROM json_each(?)) ORDER BY row",
        (as_list(event_seqs),),
    )
    rows: dict[int, list[Delivery]] = {}
    for row in found:
        delivery = delivery_of(project, row)
        rows.setdefault(delivery.event_seq, []).append(delivery)
    return rows


def query(connection: sqlite3.Connection, project: str, wanted: DeliveryQuery) -> list[Delivery]:
    """See `IDeliveryQueue.query`."""
    found: list[tuple[Any, ...]] = []
    with _one_moment(connection):
        wanted_states = _states_there_are(connection, wanted) if wanted.states else ()
        if wanted.states and not wanted_states:
            return []
        for states in _apart(wanted_states):
            found += _of_states(connection, wanted, states)
    found.sort(key=lambda row: row[0], reverse=not wanted.oldest_first)
    return [delivery_of(project, row[1:]) for row in found[: wanted.limit]]


def count(connection: sqlite3.Connection, wanted: DeliveryQuery) -> int:
    """See `IDeliveryQueue.count`."""
    number = 0
    for states in _apart(wanted.states):
        conditions = _conditions(connection, wanted, states)
        [(found,)] = connection.execute(
            f"SELECT count(*) FROM deliveries {conditions.where}", conditions.parameters
        ).fetchall()
        number += found
    return number


def known_count(
    counts: Mapping[tuple[str | None, str | None, str], int], wanted: DeliveryQuery
) -> int | None:
    """Return how many deliveries match if the counts tell, else `None`."""
    told = DeliveryQuery(
        states=wanted.states,
        actors=wanted.actors,
        routes=wanted.routes,
        limit=wanted.limit,
        oldest_first=wanted.oldest_first,
    )
    if told != wanted:
        return None
    return sum(
        number
        for (actor, route, state), number in counts.items()
        if (not wanted.actors or actor in wanted.actors)
        and (not wanted.routes or route in wanted.routes)
        and (not wanted.states or state in wanted.states)
    )


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Have several queries see the same: a row that changes meanwhile is missed by none of them."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _states_there_are(connection: sqlite3.Connection, wanted: DeliveryQuery) -> list[str]:
    """Return those states of a query that anything is in.

    Most settled states have no index: one that is empty would be looked for in all of a history.
    """
    conditions = Conditions()
    conditions.add("n > 0")
    conditions.add_any_of("state", wanted.states)
    conditions.add_any_of("actor", wanted.actors)
    conditions.add_any_of("route", wanted.routes)
    found = connection.execute(
        f"SELECT DISTINCT state FROM counts {conditions.where}", conditions.parameters
    )
    there = {state for (state,) in found}
    return [state for state in wanted.states if state in there]


def _apart(states: Sequence[str]) -> list[list[str]]:
    """Return states as they are best read: all rows, however many, are never gone through twice.

    Those that stand have an index, in which each is read from one end on. The others are most of
    what there is: together they are found in a walk through all rows that soon ends.
    """
    wanted = dict.fromkeys(states)
    others = [state for state in wanted if state not in STANDING_STATES]
    alone = [[state] for state in wanted if state in STANDING_STATES]
    return [*alone, others] if others or not alone else alone


def _of_states(
    connection: sqlite3.Connection, wanted: DeliveryQuery, states: Sequence[str]
) -> list[tuple[Any, ...]]:
    conditions = _conditions(connection, wanted, states)
    return connection.execute(
        f"SELECT row, {COLUMNS} FROM deliveries {conditions.where} "
        f"ORDER BY row {'ASC' if wanted.oldest_first else 'DESC'} LIMIT ?",
        (*conditions.parameters, wanted.limit),
    ).fetchall()


def _conditions(
    connection: sqlite3.Connection, wanted: DeliveryQuery, states: Sequence[str]
) -> Conditions:
    conditions = Conditions()
    if len(states) == 1:
        conditions.add("state = ?", states[0])
    else:
        conditions.add_any_of("state", states)
    if states and states[0] in STANDING_STATES:
        conditions.add(STANDING)
    conditions.add_any_of("actor", wanted.actors)
    conditions.add_any_of("route", wanted.routes)
    if wanted.ids:
        conditions.add(_NAMED, *_named(wanted.ids))
    if wanted.event_seq is not None:
        conditions.add("event_seq = ?", wanted.event_seq)
    if wanted.reason is not None:
        connection.create_function("folded", 1, _folded, deterministic=True)
        conditions.add("instr(folded(error), ?)", wanted.reason.casefold())
    conditions.add_between("settled_at", wanted.settled_from, wanted.settled_to)
    conditions.add_between("created_at", wanted.created_from, wanted.created_to)
    _bound_rows(connection, wanted, conditions)
    return conditions


def _bound_rows(
    connection: sqlite3.Connection, wanted: DeliveryQuery, conditions: Conditions
) -> None:
    if wanted.created_from is not None or wanted.created_to is not None:
        first, last = bounds(connection, 0, wanted.created_from, wanted.created_to)
        conditions.add("row >= ?", first)
        if last is not None:
            conditions.add("row <= ?", last)
    if wanted.before is not None:
        conditions.add(
            f"row {'>' if wanted.oldest_first else '<'} "
            "(SELECT row FROM deliveries WHERE event_seq = ? AND id = ?)",
            event_seq_of(wanted.before),
            wanted.before,
        )


def _folded(text: str | None) -> str | None:
    return None if text is None else text.casefold()


def merged(
    connection: sqlite3.Connection, project: str, delivery_ids: Sequence[str]
) -> list[Delivery]:
    """See `IDeliveryQueue.merged`."""
    groups = connection.execute(
        f"SELECT group_no FROM deliveries WHERE {_NAMED} AND group_no IS NOT NULL AND {CARRYING}",
        _named(delivery_ids),
    )
    found = connection.execute(
        f"{_SELECT} WHERE group_no IN (SELECT value FROM json_each(?)) AND state = 'merged' "
        "ORDER BY place",
        (as_list(group_no for (group_no,) in groups),),
    )
    return [delivery_of(project, row) for row in found]


def histories(
    connection: sqlite3.Connection, delivery_ids: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """See `IDeliveryQueue.histories`."""
    found = connection.execute(
        f"SELECT row, id, steps, replay, group_no FROM deliveries WHERE {_NAMED}",
        _named(delivery_ids),
    ).fetchall()
    attempts = _attempts(connection, [row for row, *_ in found])
    told: dict[str, dict[str, Any]] = {}
    for row, delivery_id, steps, replay, group_no in found:
        history = {
            "steps": orjson.loads(steps) if steps else [],
            "attempts": attempts.get(row, []),
        }
        if replay < 0:
            history["members"] = member_ids(connection, group_no)
        told[delivery_id] = history
    return told


def _attempts(
    connection: sqlite3.Connection, rows: Sequence[int]
) -> dict[int, list[dict[str, Any]]]:
    told: dict[int, list[dict[str, Any]]] = {}
    for row, *attempt in connection.execute(
        f"SELECT row, {', '.join(_ATTEMPT)} FROM attempts "
        "WHERE row IN (SELECT value FROM json_each(?)) ORDER BY row, attempt",
        (as_list(rows),),
    ):
        told.setdefault(row, []).append(dict(zip(_ATTEMPT, attempt, strict=True)))
    return told


def tried(connection: sqlite3.Connection, since: int, limit: int, among: int) -> list[int]:
    """Return the places in the log of what was tried since then, the last first.

    Attempts have no index by time: so only the newest ``among`` deliveries are looked at.
    """
    found = connection.execute(
        "SELECT d.event_seq FROM ("
        "SELECT row, max(ended_at) AS ended FROM attempts "
        "WHERE row > (SELECT max(row) FROM deliveries) - ? AND ended_at >= ? "
        "GROUP BY row ORDER BY ended DESC LIMIT ?"
        ") AS last JOIN deliveries AS d ON d.row = last.row ORDER BY last.ended DESC",
        (among, since, limit),
    )
    return list(dict.fromkeys(seq for (seq,) in found))


_NAMED = "event_seq IN (SELECT value FROM json_each(?)) AND id IN (SELECT value FROM json_each(?))"


def _named(delivery_ids: Iterable[str]) -> tuple[str, str]:
    """Return the parameters of `_NAMED`."""
    seqs = {one: seq for one in delivery_ids if (seq := event_seq_of(one)) is not None}
    return as_list(set(seqs.values())), as_list(seqs)
