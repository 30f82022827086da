"""Find out whether the event log and the queues are what they were, and belong together."""

from __future__ import annotations

from twisted.logger import Logger

from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.failure import damaged
from orgloop.storage.home import Home
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.storage.salvage.swap import finish_swap
from orgloop.storage.starting_point import StartingPoint

_UNROUTED_READ = 1000  # of a longer tail each event is checked when it is routed

_log = Logger()


def require_log(home: Home) -> None:
    """Raise `StorageDamaged` if the event log is gone: a queue is never made before it."""
    file = home.event_log
    finish_swap(file)
    if file.exists() and file.stat().st_size:
        return
    queues = [one for one in sorted(home.queues.glob("*.db")) if one.stat().st_size]
    if queues:
        raise damaged(file, f"it is missing or empty, while there is {queues[0]}")


async def check_log(log: SQLiteEventLog) -> None:
    """Raise `StorageDamaged` if an event of a small log is damaged; large ones take too long."""
    damage = await log.damage()
    if damage is not None:
        raise damaged(log.path, damage)


async def check_consistency(
    log: SQLiteEventLog, queue: SQLiteDeliveryQueue, starting_point: StartingPoint | None = None
) -> None:
    """Raise `StorageDamaged` when routing cannot go on from where the queue says it stopped.

    Called once after both are opened and before anything is routed. A queue without a cursor is
    new, or was lost: it is new if the log holds nothing of its project, and begins there; one that
    was lost begins at ``starting_point``.
    """
    high = await log.high()
    cursor = await queue.cursor()
    if cursor > high:
        raise damaged(
            log.path,
            f"the queue of project {queue.project} ({queue.path}) has routed up to {cursor}, "
            f"but the event log ends at {high}: events were lost",
        )
    if not queue.has_cursor:
        await queue.begin_at(await _beginning(log, queue, starting_point))
    elif starting_point is not None:
        _log.warn(
            "--cursor is for a queue that is missing: the one of {project} goes on at {cursor}",
            project=queue.project,
            cursor=cursor,
        )
    await _check_unrouted(log, queue)


async def _beginning(
    log: SQLiteEventLog, queue: SQLiteDeliveryQueue, starting_point: StartingPoint | None
) -> int:
    if starting_point is not None:
        return starting_point.cursor(await log.high())
    if await log.read(queue.project, 0, 1):
        raise damaged(
            queue.path,
            f"the queue of project {queue.project} is missing while the event log holds its "
            "events, and where to go on is for you to say, with `--cursor start`, `end` or a "
            "sequence number",
        )
    return 0


async def _check_unrouted(log: SQLiteEventLog, queue: SQLiteDeliveryQueue) -> None:
    for record in await log.read(queue.project, await queue.cursor(), _UNROUTED_READ):
        if record.is_damaged:
            raise damaged(log.path, f"event {record.id} is not as it was written")
