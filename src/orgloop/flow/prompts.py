"""Read launch prompts when they are needed, and only when their file has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from attrs import define, field
from twisted.logger import Logger

from orgloop.config.files import first_file
from orgloop.config.model import RouteDefinition
from orgloop.config.prompts import read_prompt
from orgloop.delivery import Prompt
from orgloop.errors import OrgLoopError

_Stamp = tuple[int, int, int]


@define(eq=False)
class Prompts:
    """The prompts of a project's routes. Files are only touched in a thread."""

    _log = Logger()

    run_in_thread: Callable[..., Any]
    _known: dict[Path, tuple[_Stamp, Prompt]] = field(factory=dict, init=False)

    async def of(self, routes: Iterable[RouteDefinition]) -> dict[str, Prompt]:
        """Return the current prompt of each route that has one, by the route's name.

        One that cannot be read is warned of and left out: the delivery goes out without it.
        """
        wanted = [route for route in routes if route.prompt_file is not None]
        if not wanted:
            return {}
        found, troubles = await self.run_in_thread(self._read_all, wanted)
        for route, trouble in troubles:
            self._log.warn(
                "prompt {file} of route {route} cannot be read, going on without it: {trouble}",
                file=route.shown["prompt_file"],
                route=route.name,
                trouble=trouble,
            )
        return dict(found)

    def _read_all(
        self, routes: Iterable[RouteDefinition]
    ) -> tuple[dict[str, Prompt], list[tuple[RouteDefinition, str]]]:
        found, troubles = {}, []
        for route in routes:
            try:
                found[route.name] = self._read(route)
            except (OSError, OrgLoopError) as error:
                troubles.append((route, str(error)))
        return found, troubles

    def _read(self, route: RouteDefinition) -> Prompt:
        path = route.prompt_path or first_file(route.prompt_places)
        if path is None or route.prompt_file is None:
            raise OrgLoopError("there is no such file")
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            known = stamp, read_prompt(route.prompt_file, path)
            self._known[path] = known
        return known[1]
