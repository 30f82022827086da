"""The runtime: one per home. It owns what projects share, and runs them."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from random import Random
from typing import Any, Literal

from attrs import define, field
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from orgloop.config.model import ProjectDefinition
from orgloop.errors import PLUGIN_ERRORS
from orgloop.flow.background import in_background, until_over
from orgloop.flow.intake_bound import IntakeBound
from orgloop.interfaces import (
    IBlockingLogger,
    ICheckpointStore,
    IEventLog,
    IHTTPClient,
    IProjectRegistry,
)
from orgloop.logentry import LogEntry
from orgloop.plugin import Kind
from orgloop.runtime.assembly import assemble
from orgloop.runtime.blocking import InItsThread
from orgloop.runtime.build import maker
from orgloop.runtime.doors import Doors
from orgloop.runtime.facilities import Facilities
from orgloop.runtime.feed import Feed
from orgloop.runtime.metrics import Metrics
from orgloop.runtime.observers import Observers
from orgloop.runtime.project import Project
from orgloop.runtime.registry import LocalRegistry
from orgloop.runtime.snapshots import Snapshots
from orgloop.runtime.source import RunningSource
from orgloop.runtime.spoolintake import SpoolIntake
from orgloop.runtime.state import describe
from orgloop.runtime.stores import Stores
from orgloop.runtime.supervision import Supervision
from orgloop.runtime.vitals import Vitals
from orgloop.shared import Shared
from orgloop.storage.checkpoints import FileCheckpointStore
from orgloop.storage.home import Home
from orgloop.storage.spool import Spool
from orgloop.storage.starting_point import StartingPoint
from orgloop.storage.worker import ThreadWorker
from orgloop.times import to_iso

Phase = Literal["starting", "ready", "draining"]


@define(eq=False, kw_only=True)
class Runtime:
    """Shared infrastructure and the projects that run on it.

    Life: `open`, `load_project` (any number of times), `ready`; then the steps of a graceful
    shutdown in this order: `stop_intake`, `drain`, `flush_loggers`, `save`, `close`.
    """

    _logger = Logger()

    home: Home
    reactor: Any
    """Provides `IReactorTime`, `IReactorThreads`, `IReactorProcess`."""
    environ: Mapping[str, str] = field(repr=False)
    http_client: IHTTPClient = field(repr=False)
    now_ms: Callable[[], int]
    random: Random = field(factory=Random)
    observers: Observers
    metrics: Metrics = field(factory=Metrics)
    registry: IProjectRegistry = field(factory=LocalRegistry)
    shared: Shared = field(factory=Shared)
    is_daemon: bool = False
    supervision: Supervision | None = None
    """Who restarts it, if anybody did when it began."""
    starting_point: StartingPoint | None = None
    """Where the queue of a project begins that is missing while the log holds its events."""
    on_shutdown_request: Callable[[], None] = field(default=lambda: None)
    """Called when the control API asks for a shutdown."""
    http_port: int = 0
    phase: Phase = field(default="starting", init=False)
    runtime_id: str = field(default="", init=False)
    projects: dict[str, Project] = field(factory=dict, init=False)
    _facilities: Facilities | None = field(default=None, init=False)
    _started_at: float = field(default=0.0, init=False)
    _stores: Stores = field(init=False)
    _vitals: Vitals = field(init=False)
    _doors: Doors = field(init=False)
    _spool: SpoolIntake = field(init=False)
    _snapshots: Snapshots = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._stores = Stores(self.home, self.reactor, self.starting_point)
        self._vitals = Vitals(self.reactor, self.metrics, self._stores)
        self._doors = Doors(self.projects)
        self._snapshots = Snapshots(self.home, self.run_in_thread)
        self._spool = SpoolIntake(
            spool=Spool(self.home.spool),
            doors=self._doors,
            clock=self.reactor,
            now_ms=self.now_ms,
            run_in_thread=self.run_in_thread,
        )

    # --- life

    async def open(self) -> None:
        """Open the event log and what else the projects share.

        Raises `StorageDamaged` and `StorageUnavailable`.
        """
        self._started_at = self.reactor.seconds()
        self.runtime_id = await self.run_in_thread(self.home.runtime_id)
        await self._snapshots.read()
        self._facilities = Facilities(
            runtime_id=self.runtime_id,
            home=self.home.root,
            clock=self.reactor,
            now_ms=self.now_ms,
            random=self.random,
            processes=self.reactor,
            http=self.http_client,
            environ=self.environ,
            run_in_thread=self.run_in_thread,
            log=await self._stores.open_log(),
            checkpoints=FileCheckpointStore(self.home.checkpoints, self.run_in_thread, self.now_ms),
            open_queue=self._stores.open_queue,
            observers=self.observers,
            metrics=self.metrics,
            shared=self.shared,
            is_daemon=self.is_daemon,
        )

    async def load_project(self, definition: ProjectDefinition) -> Project:
        """Run a project; raises `OrgLoopError` if one of that name runs already."""
        described = describe(definition)
        await self.registry.register(definition.name, described)
        try:
            await self._add_loggers(definition)
            project = await assemble(self._shared_facilities(), definition)
        except BaseException:
            await self.observers.remove(definition.name)
            await self.registry.unregister(definition.name)
            raise
        project.routes_since_ms = self._snapshots.routes_since(described, project.started_at_ms)
        self.projects[definition.name] = project
        await project.start()
        self.tell("module.active", definition.name)
        await self.write_state()
        return project

    async def _add_loggers(self, definition: ProjectDefinition) -> None:
        for one in definition.loggers.values():
            make = maker(self._shared_facilities(), definition, Kind.LOGGER, one)
            if make is None:
                self._logger.warn("logger {name} is off: {why}", name=one.id, why=one.unavailable)
                continue
            try:
                logger = make()
                if IBlockingLogger.providedBy(logger):
                    logger = InItsThread(logger, ThreadWorker(self.reactor, f"logger {one.id}"))
                self.observers.add(definition.name, one.id, logger, definition.hidden)
            except PLUGIN_ERRORS as error:
                self._logger.warn("logger {name} is off: {error}", name=one.id, error=error)

    async def unload_project(self, name: str, *, grace_seconds: float) -> None:
        """Stop a project and forget it; the others do not notice. Its files stay."""
        project = self.projects[name]
        self.tell("module.unloading", name)
        await self._within(grace_seconds, [project], Project.stop_intake)
        await self._within(grace_seconds, [project], Project.drain)
        del self.projects[name]
        await project.close()
        self._stores.forget(name)
        self.tell("module.removed", name)
        await self.observers.remove(name)
        await self.write_state()
        await self.registry.unregister(name)

    def ready(self) -> None:
        """Say that everything is in place."""
        self.phase = "ready"
        self._vitals.start()
        self._spool.start()
        for name in self.projects:
            self.tell("runtime.start", name)

    async def stop_intake(self, grace_seconds: float) -> None:
        """Step 1: polls and timers stop, webhooks and reported events are refused."""
        self.phase = "draining"
        self._vitals.stop()
        await self._within(grace_seconds, self.projects.values(), Project.stop_intake)
        await self._spool.stop()

    async def drain(self, grace_seconds: float) -> None:
        """Step 2: what is under way ends, or the grace does."""
        await self._within(grace_seconds, self.projects.values(), Project.drain)

    async def flush_loggers(self) -> None:
        """Step 3: loggers write what they hold, for two seconds each at most."""
        for name in self.projects:
            self.tell("runtime.stop", name)
        await self.observers.flush()

    async def save(self) -> None:
        """Step 4: the snapshot is written, components are let go, databases are closed.

        Also for a runtime that was opened and never became ready.
        """
        if self._facilities is None:
            return
        if self.projects:
            await self.write_state()
        await gatherResults(
            [in_background(project.close(), self._logger) for project in self.projects.values()]
        )
        await self.observers.stop()
        await self.http_client.close()
        await self.log.close()

    async def _within(
        self,
        grace_seconds: float,
        projects: Iterable[Project],
        step: Callable[[Project], Awaitable[None]],
    ) -> None:
        """Take a step with each project; what has not ended after the grace is interrupted."""
        involved = list(projects)

        def interrupt() -> None:
            for project in involved:
                project.interrupt()

        async def take(project: Project) -> None:
            await step(project)

        work = gatherResults([in_background(take(one), self._logger) for one in involved])
        timer = self.reactor.callLater(grace_seconds, interrupt)
        try:
            await until_over(work)
        except CancelledError:
            interrupt()
            raise
        finally:
            if timer.active():
                timer.cancel()

    # --- questions

    @property
    def pid(self) -> int:
        return os.getpid()

    @property
    def log(self) -> IEventLog:
        return self._shared_facilities().log

    @property
    def checkpoints(self) -> ICheckpointStore:
        return self._shared_facilities().checkpoints

    @property
    def storage_ok(self) -> bool:
        """Whether the last commits succeeded: false while the disk refuses."""
        return self._stores.are_healthy

    @property
    def commits_under_way(self) -> frozenset[tuple[int, int]]:
        """See `Stores.commits_under_way`."""
        return self._stores.commits_under_way

    @property
    def is_open(self) -> bool:
        """Whether `open` has ended."""
        return self._facilities is not None

    @property
    def intake_bound(self) -> IntakeBound:
        """What is being appended to the event log just now."""
        return self._shared_facilities().intake_bound

    def uptime_ms(self) -> int:
        return int((self.reactor.seconds() - self._started_at) * 1000)

    def health(self) -> str:
        """Return ``ok``, or ``degraded`` if a project is."""
        return "ok" if all(p.health() == "ok" for p in self.projects.values()) else "degraded"

    def loggers(self) -> Mapping[tuple[str, str], Feed]:
        """Return how the loggers do, by project and logger; those that are off have no place."""
        return self.observers.feeds()

    def webhook(self, source_id: str, project: str | None = None) -> RunningSource | None:
        """Return where webhooks of a source go; `None` if that is nobody, or not clear."""
        return self._doors.named(source_id, project)

    def webhook_alias(self, path: str) -> RunningSource | None:
        """Return the source that asks to be served at ``path``, if only one does."""
        return self._doors.at(path)

    # --- doings

    def request_shutdown(self) -> None:
        """Begin a graceful shutdown; what the control API calls."""
        self.on_shutdown_request()

    def observe(self, entry: LogEntry) -> None:
        """Hand an entry to the observers."""
        self.observers.observe(entry)

    def tell(self, phase: str, project: str, **details: Any) -> None:
        """Tell the observers of a project of something that is no event's."""
        self._shared_facilities().tell(project)(phase, **details)

    async def write_state(self) -> None:
        """Write the snapshot of what runs."""
        await self._snapshots.write(
            self.projects.values(),
            pid=self.pid,
            runtime=self.runtime_id,
            written_at=to_iso(self.now_ms()),
        )

    def run_in_thread(self, work: Callable[..., Any], *arguments: Any) -> Deferred[Any]:
        """Do blocking work beside the reactor; fires with what it returns or raises."""
        return deferToThreadPool(self.reactor, self.reactor.getThreadPool(), work, *arguments)

    def _shared_facilities(self) -> Facilities:
        assert self._facilities is not None, "the runtime is not open"
        return self._facilities
