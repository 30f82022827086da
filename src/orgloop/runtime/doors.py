"""Find the source that a webhook is meant for."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define

from orgloop.runtime.project import Project
from orgloop.runtime.source import RunningSource


@define(eq=False)
class Doors:
    """The webhook sources of all projects, by name and by the path they ask to be served at."""

    projects: Mapping[str, Project]

    def named(self, source_id: str, project: str | None) -> RunningSource | None:
        """Return a source by its id; `None` if there is none, or if two projects have one."""
        if project is not None:
            known = self.projects.get(project)
            found = [known.sources[source_id]] if known and source_id in known.sources else []
        else:
            found = [p.sources[source_id] for p in self.projects.values() if source_id in p.sources]
        return found[0] if len(found) == 1 and found[0].may_be_called else None

    def at(self, path: str) -> RunningSource | None:
        """Return the source that asks to be served at ``path``, if only one does."""
        found = [
            source for project in self.projects.values() for source in project.aliases.get(path, ())
        ]
        return found[0] if len(found) == 1 else None
