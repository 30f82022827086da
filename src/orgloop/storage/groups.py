"""Let rows of a route wait together: the last one for all (debounce), or all in one (batch).

A group is known by the place of the row that began it. Of a debounced group one row stands, the
others are ``merged``; of a batch all stand until the first of them is claimed. Which row carries a
group is looked up, not written into each: a row that joins costs the same however many there are.
"""

from __future__ import annotations

import sqlite3

from attrs import frozen

from orgloop.delivery import DeliveryState
from orgloop.records import Batch, Debounce, Gather, Ready
from orgloop.storage.order import call_next
from orgloop.storage.queue_schema import GATHERING
from orgloop.storage.queue_state import QueueState

_OPEN = f"route = ? AND gathering = ? AND group_key = ? AND actor = ? AND {GATHERING}"


@frozen
class Joining:
    """A row that has just begun to wait, or is held, and gathers."""

    row: int
    id: str
    route: str
    actor: str
    ready: Ready

    @property
    def gather(self) -> Gather:
        assert self.ready.gather is not None
        return self.ready.gather

    @property
    def now(self) -> int:
        return self.ready.due_at


def gathers(ready: Ready | None, state: DeliveryState) -> bool:
    """Whether a row in this state has to do with a group."""
    is_meant = state in (DeliveryState.WAITING, DeliveryState.HELD)
    return is_meant and ready is not None and ready.gather is not None


def join(
    connection: sqlite3.Connection, state: QueueState, one: Joining, to: DeliveryState
) -> None:
    """Let a row join its group, or begin one. It stands in its line already, if it has one."""
    how = one.gather.how
    if to is DeliveryState.HELD:
        _hold(connection, one)
    elif isinstance(how, Debounce):
        _debounce(connection, state, one, how)
    else:
        _collect(connection, one, how)


def stand_alone(connection: sqlite3.Connection, row: int) -> None:
    """Let a row that left its batch, or was held back from one, begin one that is due."""
    connection.execute(
        "UPDATE deliveries SET group_no = place WHERE row = ? AND gathering = 'batch'", (row,)
    )


def take_over(connection: sqlite3.Connection, state: QueueState, group_no: int) -> None:
    """Let the next row of a batch stand for it, after the one that did has left.

    If the rows stand in a line, their line sees to it.
    """
    head = connection.execute(
        "SELECT row, route FROM deliveries WHERE group_no = ? AND state = 'waiting' "
        "AND order_key IS NULL ORDER BY place LIMIT 1",
        (group_no,),
    ).fetchone()
    if head is not None and state.is_adopted(head[1]):
        connection.execute(
            "UPDATE deliveries SET due_at = not_before WHERE row = ? AND due_at IS NULL", head[:1]
        )


def _hold(connection: sqlite3.Connection, one: Joining) -> None:
    """Note that a row will be a batch once it is let go: at once, and by itself."""
    if isinstance(one.gather.how, Batch):
        connection.execute(
            "UPDATE deliveries SET gathering = 'batch', group_key = ? WHERE row = ?",
            (one.gather.key, one.row),
        )


def _debounce(
    connection: sqlite3.Connection, state: QueueState, one: Joining, how: Debounce
) -> None:
    # expires_at of the row that stands for the group says until when the group may wait.
    standing = connection.execute(
        "SELECT row, id, order_key, group_no, expires_at, version FROM deliveries "
        f"WHERE {_OPEN} ORDER BY place DESC LIMIT 1",
        (one.route, "debounce", one.gather.key, one.actor),
    ).fetchone()
    if standing is None:
        latest = one.now + how.max_ms
        _stand(connection, one, None, min(one.now + how.quiet_ms, latest), latest)
        return
    row, delivery, key, group_no, latest, version = standing
    due_at = min(one.now + how.quiet_ms, latest)
    _stand(connection, one, group_no, due_at, latest)
    if how.version is None or version is None or how.version >= version:
        _merge(connection, state, one, (row, key), one.id)
    else:
        _put_off(connection, row, due_at)
        _merge(connection, state, one, (one.row, one.ready.order_key), delivery)


def _merge(
    connection: sqlite3.Connection,
    state: QueueState,
    one: Joining,
    merged: tuple[int, str | None],
    into: str,
) -> None:
    """Merge a row (its number and order key) of the group that ``one`` joins into another."""
    row, key = merged
    connection.execute(
        "UPDATE deliveries SET state = 'merged', into_id = ?, due_at = NULL, gathering = NULL "
        "WHERE row = ?",
        (into, row),
    )
    state.moved(one.actor, one.route, DeliveryState.WAITING, DeliveryState.MERGED)
    if key is not None:
        call_next(connection, [(one.route, key, one.actor)])


def _put_off(connection: sqlite3.Connection, row: int, due_at: int) -> None:
    """Let the row that stands for a group wait longer: what came is older, and is a change, too."""
    connection.execute(
        "UPDATE deliveries SET not_before = ?1, due_at = CASE WHEN due_at IS NULL THEN NULL "
        "ELSE ?1 END WHERE row = ?2",
        (due_at, row),
    )


def _collect(connection: sqlite3.Connection, one: Joining, how: Batch) -> None:
    newest = connection.execute(
        f"SELECT group_no, not_before FROM deliveries WHERE {_OPEN} ORDER BY place DESC LIMIT 1",
        (one.route, "batch", one.gather.key, one.actor),
    ).fetchone()
    there = 0 if newest is None else _size(connection, newest[0])
    if newest is None or there >= how.max:
        newest, there = (None, one.now + how.every_ms), 0
    group_no, due_at = newest
    _stand(connection, one, group_no, due_at, is_behind=there > 0 and one.ready.order_key is None)
    if there + 1 >= how.max:
        _fall_due(connection, one)


def _size(connection: sqlite3.Connection, group_no: int) -> int:
    [(size,)] = connection.execute(
        "SELECT count(*) FROM deliveries WHERE group_no = ? AND state = 'waiting'", (group_no,)
    ).fetchall()
    return int(size)


def _stand(
    connection: sqlite3.Connection,
    one: Joining,
    group_no: int | None,
    due_at: int,
    latest: int | None = None,
    *,
    is_behind: bool = False,
) -> None:
    """Let a row stand in a group, in one of its own without ``group_no``.

    Behind others of its line it has no due time yet; nor has it behind the first of its batch.
    """
    how = one.gather.how
    is_debounced = isinstance(how, Debounce)
    connection.execute(
        "UPDATE deliveries SET gathering = ?, group_key = ?, group_no = coalesce(?, place), "
        "not_before = ?, due_at = CASE WHEN due_at IS NULL OR ? THEN NULL ELSE ? END, "
        "expires_at = ?, version = ? WHERE row = ?",
        (
            "debounce" if is_debounced else "batch",
            one.gather.key,
            group_no,
            due_at,
            is_behind,
            due_at,
            latest,
            how.version if isinstance(how, Debounce) else None,
            one.row,
        ),
    )


def _fall_due(connection: sqlite3.Connection, one: Joining) -> None:
    """Let the batch that a row is in go now, if nothing stands before it."""
    connection.execute(
        # The smaller of something and nothing is nothing: those behind the first stay there.
        "UPDATE deliveries SET not_before = min(not_before, ?1), due_at = min(due_at, ?1) "
        "WHERE group_no = (SELECT group_no FROM deliveries WHERE row = ?2) AND state = 'waiting'",
        (one.now, one.row),
    )
