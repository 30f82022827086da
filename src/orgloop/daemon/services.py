"""Try the services and credentials of a project in a process that is no runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orgloop.config.model import ProjectDefinition
from orgloop.daemon.turned import turned
from orgloop.doctor.check import Check
from orgloop.doctor.plugins import check_services
from orgloop.doctor.threads import Threads
from orgloop.runtime.surroundings import Surroundings
from orgloop.sdk.http import HTTPClient
from orgloop.storage.home import Home


def try_services(
    definition: ProjectDefinition,
    home: Home,
    environ: Mapping[str, str],
    now_ms: Callable[[], int],
) -> list[Check]:
    """Turn the reactor for as long as the checks take; see `check_services` and `turned`."""

    async def look(reactor: Any) -> list[Check]:
        http = HTTPClient(reactor)
        world = Surroundings(
            home=home.root,
            environ=environ,
            clock=reactor,
            now_ms=now_ms,
            processes=reactor,
            http=http,
            run_in_thread=Threads(reactor).run,
        )
        found = await check_services(definition, world)
        await http.close()
        return found

    return turned(look)
