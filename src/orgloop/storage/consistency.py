"""Find out whether a queue and the event log belong together."""

from __future__ import annotations

from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.failure import damaged
from orgloop.storage.queue import SQLiteDeliveryQueue


async def check_consistency(log: SQLiteEventLog, queue: SQLiteDeliveryQueue) -> None:
    """Raise `StorageDamaged` when routing cannot go on from where the queue says it stopped.

    Called once after both are opened and before anything is routed. A queue without a cursor is
    new, or was lost: it is new if the log holds nothing of its project, and begins there.
    """
    high = await log.high()
    cursor = await queue.cursor()
    if cursor > high:
        raise damaged(
            log.path,
            f"the queue of project {queue.project} ({queue.path}) has routed up to {cursor}, "
            f"but the event log ends at {high}: events were lost",
        )
    if queue.has_cursor:
        return
    if await log.read(queue.project, 0, 1):
        raise damaged(
            queue.path,
            f"the queue of project {queue.project} is missing while the event log holds its "
            "events, and where to go on is for you to say, with `--cursor start`, `end` or a "
            "sequence number",
        )
    await queue.begin_at(0)
