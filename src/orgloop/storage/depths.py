"""Keep what waits for an actor within its queue depth: the oldest make room for the new.

The rows of an actor that has a depth are marked, and an index holds those that are marked and wait.
So the oldest is found without looking at what waits for others, and rows of actors without a depth
are no dearer for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from orgloop.delivery import DeliveryState
from orgloop.records import Overflow
from orgloop.storage.delivery_rows import deliveries_of
from orgloop.storage.ending import end_rows
from orgloop.storage.queue_schema import STANDING
from orgloop.storage.queue_state import QueueState

# A depth that was lowered, or is new, takes effect in steps: each is short and told of in full.
_AT_ONCE = 500


def bound(connection: sqlite3.Connection, state: QueueState, depths: Mapping[str, int]) -> None:
    """Let these depths hold from now on. Looks at rows only where an actor's is new."""
    state.bound(depths)
    marked = {actor for (actor,) in connection.execute("SELECT actor FROM bounded")}
    connection.executemany(
        "DELETE FROM bounded WHERE actor = ?", [(actor,) for actor in marked.difference(depths)]
    )
    for actor in sorted(set(depths).difference(marked)):
        connection.execute("INSERT INTO bounded VALUES (?)", (actor,))
        if state.has_rows(actor):
            connection.execute(
                f"UPDATE deliveries SET bounded = 1 WHERE {STANDING} AND actor = ? "
                "AND bounded IS NULL",
                (actor,),
            )


def mark(
    connection: sqlite3.Connection, state: QueueState, actors: Mapping[int, str | None]
) -> None:
    """Mark new rows, given with their actors, of those that have a depth."""
    if state.depths:
        connection.executemany(
            "UPDATE deliveries SET bounded = 1 WHERE row = ?",
            [(row,) for row, actor in actors.items() if actor in state.depths],
        )


def overflow(
    connection: sqlite3.Connection,
    state: QueueState,
    added: Iterable[str | None],
    now: int,
) -> list[Overflow]:
    """Make dead letters of what is too much, after rows were added for these actors.

    One actor is named for each row.
    """
    if not state.depths:
        return []
    rows = [actor for actor in added if actor in state.depths]
    return [
        one
        for actor in dict.fromkeys(rows)
        for one in _shorten(connection, state, actor or "", now, _AT_ONCE + len(rows))
    ]


def _shorten(
    connection: sqlite3.Connection, state: QueueState, actor: str, now: int, most: int
) -> list[Overflow]:
    excess = min(state.waiting_too_many(actor), most)
    if excess <= 0:
        return []
    rows = [
        row
        for (row,) in connection.execute(
            "SELECT row FROM deliveries WHERE actor = ? AND state = 'waiting' "
            "AND bounded IS NOT NULL ORDER BY place LIMIT ?",
            (actor, excess),
        )
    ]
    depth = state.depths[actor]
    error = f"overflow: more than {depth} deliveries wait for {actor}"
    end_rows(connection, state, rows, DeliveryState.DEAD, now, error)
    left = depth + state.waiting_too_many(actor)
    return [
        Overflow(delivery=delivery, waiting=left)
        for delivery in deliveries_of(connection, state.project, rows)
    ]
