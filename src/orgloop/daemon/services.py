"""Try the services and credentials of a project in a process that is no runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twisted.internet.defer import Deferred

from orgloop.config.model import ProjectDefinition
from orgloop.doctor.check import Check
from orgloop.doctor.plugins import World, check_services
from orgloop.doctor.threads import Threads
from orgloop.sdk.http import HTTPClient
from orgloop.storage.home import Home


def try_services(
    definition: ProjectDefinition,
    home: Home,
    environ: Mapping[str, str],
    now_ms: Callable[[], int],
) -> list[Check]:
    """Turn the reactor for as long as the checks take, once in a process; see `check_services`.

    Raises `KeyboardInterrupt` if a signal has stopped the reactor before they were done.
    """
    from twisted.internet import reactor as any_reactor

    reactor: Any = any_reactor
    http = HTTPClient(reactor)
    found: list[Check] = []
    ended: list[Any] = []

    async def look() -> None:
        world = World(
            home=home.root,
            environ=environ,
            clock=reactor,
            now_ms=now_ms,
            processes=reactor,
            http=http,
            run_in_thread=Threads(reactor).run,
        )
        found.extend(await check_services(definition, world))
        await http.close()

    def begin() -> None:
        looking = Deferred.fromCoroutine(look())
        looking.addBoth(ended.append)
        # Not `stop`, which waits for what checks have left in the reactor's threads.
        looking.addBoth(lambda _: reactor.crash())

    reactor.callWhenRunning(begin)
    reactor.run()
    if not ended:
        raise KeyboardInterrupt
    for failure in filter(None, ended):
        failure.raiseException()
    return found
