"""Read rows of the books as people see them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from orgloop.delivery import Delivery, DeliveryState
from orgloop.storage.queue_schema import CARRYING
from orgloop.storage.rows import as_list

# Of a merged row: who carries its group now.
_INTO = f"""
    CASE WHEN state = 'merged' THEN coalesce((SELECT carrier.id FROM deliveries AS carrier
        WHERE carrier.group_no = deliveries.group_no AND carrier.{CARRYING}), into_id) END
"""
COLUMNS = f"""
    id, event_id, event_seq, route, actor, state, attempts, accepted_at, created_at, due_at,
    settled_at, order_key, error, tracking_id, replay, {_INTO}, session_key, prompt_file,
    prompt_digest
"""


def deliveries_of(
    connection: sqlite3.Connection, project: str, rows: Iterable[int]
) -> list[Delivery]:
    """Return rows by their numbers, in the order of these."""
    found = connection.execute(
        f"SELECT {COLUMNS} FROM deliveries WHERE row IN (SELECT value FROM json_each(?)) "
        "ORDER BY row",
        (as_list(rows),),
    )
    return [delivery_of(project, row) for row in found]


def shown_replay(replay: int) -> int:
    """Return the replay number of a delivery; a batch's row has that of its members below 0."""
    return replay if replay >= 0 else -1 - replay


def delivery_of(project: str, row: Sequence[Any]) -> Delivery:
    """Return what stands in `COLUMNS`."""
    (
        delivery_id,
        event_id,
        event_seq,
        route,
        actor,
        state,
        attempts,
        accepted_at,
        created_at,
        due_at,
        settled_at,
        order_key,
        error,
        tracking_id,
        replay,
        into,
        session_key,
        prompt_file,
        prompt_digest,
    ) = row
    return Delivery(
        delivery_id,
        event_id,
        event_seq,
        project,
        route,
        actor,
        DeliveryState(state),
        attempts,
        accepted_at,
        created_at,
        due_at,
        settled_at,
        order_key,
        error,
        tracking_id,
        shown_replay(replay),
        into,
        replay < 0,
        session_key,
        prompt_file,
        prompt_digest,
    )
