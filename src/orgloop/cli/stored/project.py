"""One project in the books: what is kept of it, and what its last runtime left of its routes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import frozen

from orgloop.cli.stored.queue import StoredQueue
from orgloop.storage.home import Home

if TYPE_CHECKING:
    from orgloop.cli.stored.remembered import Remembered
    from orgloop.config.runtime import LoopLimits
    from orgloop.event import Event
    from orgloop.flow.explaining import Standings


@frozen
class WallTime:
    """Queue time of a runtime that has ended: as close to the wall clock as it was kept."""

    def as_wall(self, moment: int) -> int:
        """Return the moment."""
        return moment


@frozen(slots=False)
class StoredProject:
    """A project as `orgloop.http` asks for it; what only a runtime knows is not there."""

    name: str
    queue: StoredQueue
    queue_time: WallTime
    routes: Mapping[str, Any]
    """None: a list of events names no prompt files."""
    actors: Mapping[str, Any]
    """None runs."""
    _home: Home

    @classmethod
    def of(cls, home: Home, name: str) -> StoredProject:
        """Return what the home holds of a project."""
        return cls(name, StoredQueue.of(home, name), WallTime(), {}, {}, home)

    @property
    def limits(self) -> LoopLimits:
        """See `orgloop.http.view.Project`."""
        return self._remembered.limits

    @property
    def routes_since_ms(self) -> int | None:
        """See `orgloop.http.view.Project`."""
        return self._remembered.routes_since_ms

    def standings(self, event: Event) -> Standings:
        """See `orgloop.http.view.Project`."""
        from orgloop.flow.explaining import explain

        return explain(self._remembered.routes_for(event), event)

    @cached_property
    def _remembered(self) -> Remembered:
        from orgloop.cli.stored.remembered import Remembered

        return Remembered.of(self._home, self.name)
