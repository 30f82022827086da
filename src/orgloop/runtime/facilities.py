"""What components see of the world, and what a runtime shares among its projects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from attrs import field, frozen
from twisted.internet.interfaces import IReactorProcess, IReactorTime

from orgloop.config.model import Component, ProjectDefinition
from orgloop.flow.intake_bound import IntakeBound
from orgloop.flow.tell import Tell
from orgloop.interfaces import ICheckpointStore, IDeliveryQueue, IEventLog, IHTTPClient
from orgloop.plugin import PluginContext
from orgloop.runtime.metrics import Metrics
from orgloop.runtime.observers import Observers
from orgloop.shared import Shared


@frozen(kw_only=True)
class Surroundings:
    """The world around components, whether a runtime runs them or somebody tries them."""

    home: Path
    clock: IReactorTime
    now_ms: Callable[[], int]
    processes: IReactorProcess
    http: IHTTPClient
    environ: Mapping[str, str]
    run_in_thread: Callable[..., Any]
    shared: Shared
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


@frozen(kw_only=True)
class Facilities(Surroundings):
    """The infrastructure that projects are run on; the same for all of them."""

    runtime_id: str
    random: Random
    log: IEventLog
    checkpoints: ICheckpointStore
    open_queue: Callable[[str], Awaitable[IDeliveryQueue]]
    """Open the queue of the project of that name."""
    observers: Observers
    metrics: Metrics
    intake_bound: IntakeBound = field(factory=IntakeBound)

    def tell(self, project: str) -> Tell:
        """Return what tells the observers of ``project``."""
        return Tell(project, self.now_ms, self.observers.observe, self.observers.is_heard)
