"""One project in the books: what is kept of it, and what it says of itself if it is still there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import define, frozen

from orgloop.cli.stored.queue import StoredQueue
from orgloop.config.model import ProjectDefinition
from orgloop.config.problems import ProjectInvalid
from orgloop.errors import OrgLoopError
from orgloop.storage.home import Home

Load = Callable[[Path], ProjectDefinition]


@frozen
class WallTime:
    """Queue time of a runtime that has ended: as close to the wall clock as it was kept."""

    def as_wall(self, moment: int) -> int:
        """Return the moment."""
        return moment


@define
class StoredProject:
    """A project as `orgloop.http` asks for it; what only a runtime knows is not there."""

    name: str
    queue: StoredQueue
    queue_time: WallTime
    routes: Mapping[str, Any]
    """None: a list of events names no prompt files."""
    _file: Path | None
    _load: Load
    _definition: ProjectDefinition | None = None

    @classmethod
    def of(cls, home: Home, name: str, load: Load) -> StoredProject:
        """Return what the home holds of a project."""
        queue = StoredQueue.of(home, name)
        return cls(name, queue, WallTime(), {}, _last_files(home).get(name), load)

    @property
    def definition(self) -> ProjectDefinition:
        """The project as its files say now, where the last runtime read them; else nothing."""
        if self._definition is None:
            self._definition = self._read() or ProjectDefinition(
                name=self.name, file=Path(self.name)
            )
        return self._definition

    def _read(self) -> ProjectDefinition | None:
        if self._file is None:
            return None
        try:
            found = self._load(self._file)
        except (ProjectInvalid, OrgLoopError, OSError):
            return None
        return found if found.name == self.name else None


def _last_files(home: Home) -> dict[str, Path]:
    """Return where the projects of the last runtime were, by name."""
    try:
        projects = json.loads(home.state.read_bytes())["projects"]
        return {str(one["name"]): Path(one["file"]) for one in projects}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
