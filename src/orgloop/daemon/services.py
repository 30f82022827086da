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
    """Turn the reactor for as long as the checks take, once in a process; see `check_services`."""
    from twisted.internet import reactor as any_reactor

    reactor: Any = any_reactor
    http = HTTPClient(reactor)
    found: list[Check] = []

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
        looking.addBoth(lambda result: reactor.stop() or result)
        looking.addErrback(failures.append)

    failures: list[Any] = []
    reactor.callWhenRunning(begin)
    reactor.run()
    for failure in failures:
        failure.raiseException()
    return found
