"""Tidy up what a runtime that was killed has left behind."""

from __future__ import annotations

from twisted.logger import Logger

from orgloop.interfaces import IDeliveryQueue
from orgloop.runtime.facilities import Facilities
from orgloop.sdk.processgroups import end_process_group

_log = Logger()


async def take_back(queue: IDeliveryQueue, facilities: Facilities) -> None:
    """Let deliveries that were in flight wait again, after ending the processes that made them.

    The outcome of those attempts is not known, so they are made again, under the same number: what
    they gave rise to before the crash has the same ids and is not added twice.
    """
    for claim in await queue.unfinished():
        if claim.pid is not None and claim.process_started is not None:
            _log.warn(
                "ending process {pid}, left over from delivery {delivery}",
                pid=claim.pid,
                delivery=claim.id,
            )
            await end_process_group(claim.pid, claim.process_started, facilities.clock)
        await queue.release(claim.row, facilities.now_ms())
