"""The world that components are put into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen
from twisted.internet.interfaces import IReactorProcess, IReactorTime

from orgloop.config.model import Component, ProjectDefinition
from orgloop.interfaces import IHTTPClient
from orgloop.plugin import PluginContext
from orgloop.shared import Shared


@frozen(kw_only=True)
class Surroundings:
    """The world around components, whether a runtime runs them or somebody tries them out."""

    home: Path
    clock: IReactorTime
    now_ms: Callable[[], int]
    processes: IReactorProcess
    http: IHTTPClient
    environ: Mapping[str, str] = field(repr=False)
    run_in_thread: Callable[..., Any]
    shared: Shared = field(factory=Shared)
    is_daemon: bool = False

    def context(self, project: ProjectDefinition, component: Component) -> PluginContext:
        """Return the world as ``component`` sees it."""
        return PluginContext(
            project=project.name,
            id=component.id,
            directory=component.directory,
            project_directory=project.directory,
            home=self.home,
            clock=self.clock,
            now_ms=self.now_ms,
            processes=self.processes,
            http=self.http,
            environ=self.environ,
            run_in_thread=self.run_in_thread,
            shared=self.shared,
            is_daemon=self.is_daemon,
            is_exposed=project.http.is_exposed,
            written_as=component.plugin,
        )
