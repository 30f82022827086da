"""A project as it runs: its sources, routes, actors, queue, and the flow between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.logger import Logger

from orgloop.config.effective import EffectiveSettings
from orgloop.config.model import LoopLimits, ProjectDefinition
from orgloop.errors import NotReady
from orgloop.event import Cause, Event, EventDraft
from orgloop.flow.background import in_background, until_over
from orgloop.flow.backlogs import Backlogs
from orgloop.flow.desk import Desk
from orgloop.flow.explaining import Standings, explain
from orgloop.flow.intake import Acceptance, Intake
from orgloop.flow.loop import Loop
from orgloop.flow.queue_time import QueueTime
from orgloop.flow.route import Route
from orgloop.flow.router import Router
from orgloop.interfaces import IDeliveryQueue
from orgloop.runtime.actor import RunningActor
from orgloop.runtime.lifecycle import ProjectLifecycle, new_lifecycle
from orgloop.runtime.retention import Retention
from orgloop.runtime.source import RunningSource
from orgloop.runtime.startup import let_go
from orgloop.runtime.timekeeper import Timekeeper

_LAST_MOMENT_SECONDS = 2.0  # for what was told to end at once
_FIRST_TRY_SECONDS = 5.0  # how long a load waits for sources and actors to start


@define(eq=False, kw_only=True)
class Project:
    """One project of a runtime; made by `orgloop.runtime.assembly.assemble`.

    It never looks at another project: its queue, its routes and its checkpoints are its own, and of
    the event log it sees what it took in itself.
    """

    _log = Logger()

    definition: ProjectDefinition
    settings: EffectiveSettings
    """The delivery settings that hold."""
    started_at_ms: int
    queue: IDeliveryQueue
    queue_time: QueueTime
    """The clock by which this project's deliveries fall due."""
    intake: Intake
    router: Router
    routes: Mapping[str, Route]
    backlogs: Backlogs
    sources: Mapping[str, RunningSource]
    actors: Mapping[str, RunningActor]
    loop: Loop
    desk: Desk
    """Where people and agents change the books."""
    timekeeper: Timekeeper
    retention: Retention
    routes_since_ms: int = field(init=False)
    """Since when its routes want what they want; its start, unless more is known."""
    _aliases: dict[str, list[RunningSource]] = field(factory=dict, init=False)
    _lifecycle: ProjectLifecycle = field(factory=new_lifecycle, init=False)

    def __attrs_post_init__(self) -> None:
        self.routes_since_ms = self.started_at_ms

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def limits(self) -> LoopLimits:
        """How long a chain of events may become."""
        return self.definition.defaults.loop

    @property
    def state(self) -> str:
        """``loading``, ``active``, ``unloading`` or ``removed``."""
        return self._lifecycle.state()

    @property
    def is_open(self) -> bool:
        """Whether it takes events in."""
        return self.state == "active"

    def health(self) -> str:
        """Return ``ok``, or ``degraded`` if a source or actor is."""
        parts = self._parts()
        return "ok" if all(part.status == "ok" for part in parts) else "degraded"

    def standings(self, event: Event) -> Standings:
        """Return how the routes, as they are now, stand to an event."""
        return explain(self.definition.routes.values(), event)

    @property
    def aliases(self) -> Mapping[str, list[RunningSource]]:
        """The webhook sources that ask to be served at a path of their own, by that path."""
        return self._aliases

    def _open_door(self, path: str, source: RunningSource) -> None:
        self._aliases.setdefault(path, []).append(source)

    # --- events from the runtime's own doors

    def accepts_from(self, source: str) -> bool:
        """Whether events may be reported in the name of ``source``: a source or an actor."""
        return source in self.sources or source in self.actors

    async def accept(
        self, source: str, drafts: Sequence[EventDraft], *, cause: Cause | None = None
    ) -> Acceptance:
        """Keep events reported in the name of ``source``; raises `NotReady` while closed."""
        if not self.is_open:
            raise NotReady("the project is starting or draining")
        running = self.sources.get(source)
        if running is not None:
            return await running.accept(drafts, cause=cause)
        return await self.intake.accept(source, drafts, cause=cause)

    # --- life

    async def start(self) -> None:
        """Take up what an earlier run left, start sources and actors, and open the door.

        A source or actor that does not start within five seconds goes on starting by itself.
        """
        self.timekeeper.start()
        self.retention.start()
        for source in self.sources.values():
            source.on_path = self._open_door
        self.backlogs.start(route.name for route in self.routes.values() if route.has_backlog)
        self.loop.start()
        await self.router.start()
        self._lifecycle.loaded()
        tries = [actor.startup.begin() for actor in self.actors.values()]
        tries += [source.startup.begin() for source in self.sources.values()]
        # Behind a Deferred of its own: to wait no longer must not cancel what is still starting.
        first = until_over(gatherResults(tries))
        with suppress(DeferredTimeout):
            await first.addTimeout(_FIRST_TRY_SECONDS, self.router.clock)

    async def stop_intake(self) -> None:
        """Take nothing in and prune nothing; return when the polls under way have ended."""
        self._lifecycle.drain()
        polls = [source.stop_polling() for source in self.sources.values()]
        await self._all([*polls, self.retention.stop()])

    async def drain(self) -> None:
        """Finish the batch being routed, the transforms and the attempts under way."""
        work = [actor.lane.stop() for actor in self.actors.values()]
        await self._all([*work, self.backlogs.stop(), self.router.stop(), self.loop.stop()])

    def interrupt(self) -> None:
        """End what `stop_intake` and `drain` still wait for; nothing of it is lost."""
        for source in self.sources.values():
            source.interrupt()
        self.backlogs.cancel()
        self.loop.cancel()
        for actor in self.actors.values():
            actor.lane.interrupt()

    async def close(self) -> None:
        """Let go of every component and close the queue; what is still under way ends at once."""
        await self._cut_short()
        await self._all(part.startup.stop() for part in self._parts())
        await self._all(
            let_go(f"transform {stage.name}", stage.transform, self.router.clock, self._log)
            for route in self.routes.values()
            for stage in route.stages
        )
        await self._all([self.retention.stop(), self.timekeeper.stop()])
        await self.queue.close()
        self._lifecycle.removed()

    async def _cut_short(self) -> None:
        """End what a stop in a hurry has left: a second interruption gives no more time."""
        self.interrupt()
        work = [actor.lane.stop() for actor in self.actors.values()]
        work += [self.backlogs.stop(), self.loop.stop()]
        # Behind a Deferred of its own: what is left behind is not cancelled a second time.
        ended = until_over(Deferred.fromCoroutine(self._all(work)))
        with suppress(DeferredTimeout):
            await ended.addTimeout(_LAST_MOMENT_SECONDS, self.router.clock)

    def _parts(self) -> list[Any]:
        return [*self.sources.values(), *self.actors.values()]

    async def _all(self, coroutines: Iterable[Any]) -> None:
        """Run coroutines side by side; one that fails is logged and keeps none from ending."""
        await gatherResults([in_background(coroutine, self._log) for coroutine in coroutines])
