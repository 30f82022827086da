"""The backlogs of a project's routes, made when a route first needs one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from attrs import define, field
from twisted.internet.defer import Deferred, gatherResults

from orgloop.flow.backlog import Backlog
from orgloop.flow.route import Route


@define(eq=False)
class Backlogs:
    """Pass ``matched`` rows through the transforms of their routes.

    Routes whose transforms all answer at once need that for what goes through them again only.
    """

    _routes: Mapping[str, Route]
    _make: Callable[[Route], Backlog]
    _running: dict[str, Backlog] = field(factory=dict, init=False)
    _is_open: bool = field(default=False, init=False)

    def start(self, routes: Iterable[str]) -> None:
        """Take up what an earlier run has left of these routes."""
        self._is_open = True
        for route in routes:
            self.wake(route)

    def wake(self, route: str) -> None:
        """Look for rows of a route; what comes while the project stops waits for the next start."""
        if route in self._running:
            self._running[route].wake()
        elif self._is_open and route in self._routes:
            backlog = self._running[route] = self._make(self._routes[route])
            backlog.start()

    async def stop(self) -> None:
        """Finish the events under way."""
        self._is_open = False
        await gatherResults([Deferred.fromCoroutine(one.stop()) for one in self._running.values()])

    def cancel(self) -> None:
        """Give up the events under way; their rows stay ``matched``."""
        self._is_open = False
        for backlog in self._running.values():
            backlog.cancel()
