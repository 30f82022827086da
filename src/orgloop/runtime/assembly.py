"""Put a project together from its definition and the runtime's facilities."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field

from orgloop.config.effective import EffectiveSettings, effective_settings
from orgloop.config.model import ProjectDefinition, SourceDefinition
from orgloop.event import Origin
from orgloop.flow.audit import Audit
from orgloop.flow.backlog import Backlog
from orgloop.flow.backlogs import Backlogs
from orgloop.flow.books import Books
from orgloop.flow.ending import Endings
from orgloop.flow.intake import Intake
from orgloop.flow.loop import Loop
from orgloop.flow.pipeline import Pipeline
from orgloop.flow.pressure import Pressure
from orgloop.flow.prompts import Prompts
from orgloop.flow.queue_time import QueueTime
from orgloop.flow.route import Route
from orgloop.flow.router import Router
from orgloop.flow.tell import Tell
from orgloop.flow.ties import Ties
from orgloop.flow.waking import Waking
from orgloop.interfaces import IDeliveryQueue, IPollingSource
from orgloop.plugin import Kind
from orgloop.records import Claim, Settlement
from orgloop.runtime.actor import RunningActor
from orgloop.runtime.build import build_routes, maker
from orgloop.runtime.closing import Closing
from orgloop.runtime.facilities import Facilities
from orgloop.runtime.lanes import Lanes
from orgloop.runtime.leftovers import set_orphans_aside, take_back
from orgloop.runtime.poller import Poller
from orgloop.runtime.position import Position
from orgloop.runtime.project import Project
from orgloop.runtime.retention import Retention
from orgloop.runtime.source import RunningSource
from orgloop.runtime.tally import Tally
from orgloop.runtime.timekeeper import Timekeeper

_SPREAD_SECONDS = 1.0  # at most this between the first polls of two sources


async def assemble(facilities: Facilities, definition: ProjectDefinition) -> Project:
    """Return a project that is ready to be started; its queue is open and tidied up.

    Raises `StorageDamaged` or `StorageUnavailable` if its queue cannot be opened.
    """
    queue = await facilities.open_queue(definition.name)
    queue_time = QueueTime(facilities.clock, facilities.now_ms, await queue.latest())
    await take_back(queue, queue_time, facilities.clock)
    settings = effective_settings(definition)
    await set_orphans_aside(queue, definition, settings.queue_depths)
    routes = await build_routes(facilities, definition, settings.routes)
    for name in await queue.matched_routes():
        if name in routes:
            routes[name].has_backlog = True
    degraded = await queue.degraded()
    return _Assembly(facilities, definition, settings, queue, queue_time, routes).project(degraded)


@define(eq=False)
class _Assembly:
    """The parts of one project, made in the order in which they need one another."""

    facilities: Facilities
    definition: ProjectDefinition
    settings: EffectiveSettings
    queue: IDeliveryQueue
    queue_time: QueueTime
    routes: Mapping[str, Route]
    _tell: Tell = field(init=False)
    _audit: Audit = field(init=False)
    _intake: Intake = field(init=False)
    _pipeline: Pipeline = field(init=False)
    _endings: Endings = field(init=False)
    _prompts: Prompts = field(init=False)
    _books: Books = field(init=False)
    _pressure: Pressure = field(init=False)
    _closing: Closing = field(init=False)
    _loop: Loop = field(init=False)
    _backlogs: Backlogs = field(init=False)
    _waking: Waking = field(init=False)
    _actors: Mapping[str, RunningActor] = field(factory=dict, init=False)
    _project: Project | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        shared, name = self.facilities, self.definition.name
        self._tell = shared.tell(name)
        ties = Ties(
            project=name,
            log=shared.log,
            queue=self.queue,
            actors=self.definition.actors,
            clock=shared.clock,
        )
        self._audit = Audit(shared.log, self.queue, self._tell, shared.metrics)
        self._intake = Intake(
            Origin(shared.runtime_id, name),
            shared.log,
            shared.now_ms,
            self._tell,
            shared.metrics,
            ties,
            shared.intake_bound,
        )
        self._pipeline = Pipeline(
            self.queue, self._tell, shared.metrics, shared.clock, self.definition.hidden
        )
        self._endings = Endings(self._tell, shared.metrics, self._audit)
        self._prompts = Prompts(shared.run_in_thread)
        self._books = self._make_books()
        self._pressure = self._make_pressure()
        self._closing = Closing(
            facilities=shared,
            project=self.definition,
            queue=self.queue,
            queue_time=self.queue_time,
            routes=self.routes,
            intake=self._intake,
            ties=ties,
            audit=self._audit,
        )
        self._loop = self._closing.loop()
        self._backlogs = Backlogs(self.routes, self._backlog)
        self._waking = Waking(
            actor=self._wake_actor,
            route=self._backlogs.wake,
            inboxes=self._loop.notices.rounds.ring,
            deadline=self._loop.deadlines.watch,
        )

    def _make_books(self) -> Books:
        shared = self.facilities
        return Books(
            intake=self._intake,
            routes=self.routes,
            now_ms=shared.now_ms,
            queue_time=self.queue_time,
            random=shared.random,
            tell=self._tell,
            counting=shared.metrics,
            audit=self._audit,
            taken_on=self._taken_on,
        )

    def _make_pressure(self) -> Pressure:
        return Pressure(
            queue=self.queue,
            books=self._books,
            tell=self._tell,
            clock=self.facilities.clock,
            queue_depths=self.settings.queue_depths,
        )

    def _wake_actor(self, actor: str) -> None:
        if actor in self._actors:  # what is an orphan's may be gone
            self._actors[actor].lane.wake()

    def _taken_on(self, claim: Claim, settlement: Settlement) -> None:
        if settlement.tracking_id is not None:
            self._loop.ties.accepted(claim.id)
        if settlement.deadline is not None:
            self._loop.deadlines.watch(settlement.deadline)

    def project(self, degraded: Mapping[str, str]) -> Project:
        """Return the whole; ``degraded`` are actors whose circuit was left open, and why."""
        lanes = self._lanes(degraded)
        self._actors = {one.id: lanes.actor(one) for one in self.definition.actors.values()}
        sources = [
            self._source(one, place) for place, one in enumerate(self.definition.sources.values())
        ]
        timekeeper = Timekeeper(
            queue=self.queue, queue_time=self.queue_time, clock=self.facilities.clock
        )
        self._project = Project(
            definition=self.definition,
            settings=self.settings,
            started_at_ms=self.facilities.now_ms(),
            queue=self.queue,
            queue_time=self.queue_time,
            intake=self._intake,
            router=self._router(),
            routes=self.routes,
            backlogs=self._backlogs,
            sources={source.source_id: source for source in sources},
            actors=self._actors,
            loop=self._loop,
            desk=self._closing.desk(self._waking),
            timekeeper=timekeeper,
            retention=self._retention(timekeeper),
        )
        return self._project

    def _retention(self, timekeeper: Timekeeper) -> Retention:
        shared = self.facilities
        return Retention(
            project=self.definition.name,
            actors=self.definition.actors.keys(),
            keep_ms=self.definition.defaults.event_retention.milliseconds,
            log=shared.log,
            queue=self.queue,
            timekeeper=timekeeper,
            clock=shared.clock,
            now_ms=shared.now_ms,
            audit=self._audit,
            wake_actor=self._wake_actor,
        )

    def _is_open(self) -> bool:
        return self._project is not None and self._project.is_open

    def _router(self) -> Router:
        shared = self.facilities
        return Router(
            project=self.definition.name,
            log=shared.log,
            queue=self.queue,
            routes=self.routes,
            pipeline=self._pipeline,
            endings=self._endings,
            prompts=self._prompts,
            limits=self.definition.defaults.loop,
            clock=shared.clock,
            now_ms=shared.now_ms,
            queue_time=self.queue_time,
            tell=self._tell,
            counting=shared.metrics,
            waking=self._waking,
            pressure=self._pressure,
        )

    def _backlog(self, route: Route) -> Backlog:
        shared = self.facilities
        return Backlog(
            project=self.definition.name,
            route=route,
            log=shared.log,
            queue=self.queue,
            pipeline=self._pipeline,
            endings=self._endings,
            prompts=self._prompts,
            clock=shared.clock,
            now_ms=shared.now_ms,
            queue_time=self.queue_time,
            waking=self._waking,
            pressure=self._pressure,
        )

    def _lanes(self, degraded: Mapping[str, str]) -> Lanes:
        shared = self.facilities
        return Lanes(
            facilities=shared,
            project=self.definition,
            settings=self.settings,
            queue=self.queue,
            queue_time=self.queue_time,
            routes=self.routes,
            books=self._books,
            tell=self._tell,
            degraded=degraded,
        )

    def _source(self, definition: SourceDefinition, place: int) -> RunningSource:
        gap = definition.poll_interval.seconds / max(1, len(self.definition.sources))
        return RunningSource(
            project=self.definition.name,
            definition=definition,
            intake=self._intake,
            is_open=self._is_open,
            position=Position(self.definition.name, definition.id, self.facilities.checkpoints),
            make_poller=self._poller,
            make=maker(self.facilities, self.definition, Kind.SOURCE, definition),
            clock=self.facilities.clock,
            now_ms=self.facilities.now_ms,
            first_poll_seconds=place * min(gap, _SPREAD_SECONDS),
            hidden=self.definition.hidden,
        )

    def _poller(
        self, definition: SourceDefinition, source: IPollingSource, tally: Tally, position: Position
    ) -> Poller:
        shared = self.facilities
        return Poller(
            definition=definition,
            source=source,
            intake=self._intake,
            position=position,
            clock=shared.clock,
            now_ms=shared.now_ms,
            tell=self._tell,
            metrics=shared.metrics,
            tally=tally,
            hidden=self.definition.hidden,
        )
