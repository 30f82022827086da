"""Settle what an earlier run has left in the queue, before anything new is done with it."""

from __future__ import annotations

from collections.abc import Mapping

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from orgloop.config.model import ProjectDefinition
from orgloop.delivery import OPEN_STATES
from orgloop.flow.queue_time import QueueTime
from orgloop.interfaces import IDeliveryQueue
from orgloop.sdk.processgroups import end_process_group

_log = Logger()


async def take_back(queue: IDeliveryQueue, queue_time: QueueTime, clock: IReactorTime) -> None:
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
            await end_process_group(claim.pid, claim.process_started, clock)
        await queue.release(claim.row, queue_time())


async def set_orphans_aside(
    queue: IDeliveryQueue, project: ProjectDefinition, queue_depths: Mapping[str, int]
) -> None:
    """Keep back what waits for routes and actors that the project no longer has, and say so.

    It goes out when its route and its actor are back. ``queue_depths`` bound, from now on, what may
    wait for an actor.
    """
    await queue.adopt(project.routes.keys(), queue_depths)
    orphans = {
        (route, actor): count
        for (actor, route, state), count in queue.counts().items()
        if state in OPEN_STATES and (route not in project.routes or actor not in project.actors)
    }
    if orphans:
        _log.warn(
            "deliveries that wait for what the project no longer has: {count}, of {what}",
            count=sum(orphans.values()),
            what=", ".join(sorted({f"{route} to {actor}" for route, actor in orphans})),
        )
