"""Let events go through the routes of a project, as far as their actors' doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from attrs import define, evolve, field
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from orgloop.config.effective import effective_settings
from orgloop.config.model import ProjectDefinition
from orgloop.delivery import DeliveryState, Prompt
from orgloop.event import Event
from orgloop.flow.ending import Ending, Endings
from orgloop.flow.explaining import explain
from orgloop.flow.matching import RouteIndex
from orgloop.flow.pipeline import Passage, Pipeline
from orgloop.flow.prompts import Prompts
from orgloop.flow.route import Route
from orgloop.identity import delivery_id
from orgloop.records import EventRecord
from orgloop.runtime.build import build_routes
from orgloop.runtime.metrics import Metrics
from orgloop.runtime.rehearsal.bound import Bound, TooSlow, unbounded, waited_for
from orgloop.runtime.rehearsal.generating import Samples
from orgloop.runtime.rehearsal.given import Given
from orgloop.runtime.rehearsal.outcome import Outcome, Rehearsed
from orgloop.runtime.rehearsal.standins import Memories, Moment, Nobody, unheard
from orgloop.runtime.startup import let_go
from orgloop.runtime.surroundings import Surroundings
from orgloop.times import to_epoch_ms


@define(eq=False)
class Rehearsal:
    """The routes of a project with their transforms, started; no source, no actor, no store.

    An event is taken in at the time of its timestamp, which is also what the clock of the
    transforms shows. What they remember they remember until `begin_anew`, and until then an id
    that has been there is known.
    """

    _log = Logger()

    project: ProjectDefinition
    samples: Samples
    """What its sources have to show."""
    _wall_ms: Callable[[], int]
    _clock: IReactorTime
    _bounded: Bound
    _routes: Mapping[str, Route]
    _moment: Moment
    _prompts: Prompts
    _pipeline: Pipeline
    _endings: Endings
    _memories: Memories
    _index: RouteIndex = field(init=False)
    _shown: int = field(default=0, init=False)
    """How many events there were so far."""
    _known: set[str] = field(factory=set, init=False)
    """Their ids."""

    def __attrs_post_init__(self) -> None:
        self._index = RouteIndex(self.project.routes.values())

    @classmethod
    async def open(
        cls, project: ProjectDefinition, surroundings: Surroundings, bounded: Bound = unbounded
    ) -> Rehearsal:
        """Make the routes of ``project`` and start their transforms; `close` them afterwards.

        ``bounded`` says how long the transforms have for one event.
        """
        moment = Moment(surroundings.now_ms())
        world = evolve(surroundings, now_ms=moment)
        routes = await build_routes(world, project, effective_settings(project).routes)
        tell = unheard(project.name, moment)
        memories, metrics = Memories(), Metrics()
        return cls(
            project=project,
            samples=Samples(project, world),
            wall_ms=surroundings.now_ms,
            clock=world.clock,
            bounded=bounded,
            routes=routes,
            moment=moment,
            prompts=Prompts(world.run_in_thread),
            pipeline=Pipeline(memories, tell, metrics, world.clock, project.hidden),
            endings=Endings(tell, metrics, Nobody()),
            memories=memories,
        )

    async def close(self) -> None:
        """Stop the transforms."""
        for route in self._routes.values():
            for stage in route.stages:
                await let_go(f"transform {stage.name}", stage.transform, self._clock, self._log)

    def begin_anew(self) -> None:
        """Let the transforms forget the events so far, and count events from 1 again."""
        self._memories.forget()
        self._known.clear()
        self._shown = 0

    async def take(self, given: Given, now_ms: int | None = None) -> Rehearsed:
        """Take an event in as intake would, and return what becomes of it along each route.

        ``now_ms`` is for one without a time. Raises `InvalidEvent` and `TooSlow`.
        """
        now = self._wall_ms() if now_ms is None else now_ms
        event = given.event(self.project.name, self._shown + 1, now)
        self._shown += 1
        if event.id in self._known:
            return Rehearsed(event=event, is_duplicate=True)
        self._known.add(event.id)
        return await self._show(_record(event, self._shown))

    async def _show(self, record: EventRecord) -> Rehearsed:
        self._moment.epoch_ms = record.accepted_at
        event = record.event
        passages = [
            self._passage(record, self._routes[one.name]) for one in self._index.find(event)
        ]
        await self._run(passages)
        self._memories.remember([write for one in passages for write in one.memory])
        passing = [one.route.definition for one in passages if one.passes]
        prompts = await self._prompts.of(passing)
        return Rehearsed(
            event=event,
            outcomes={
                one.route.name: self._outcome(one, prompts.get(one.route.name)) for one in passages
            },
            standings=explain(self.project.routes.values(), event),
        )

    async def _run(self, passages: Sequence[Passage]) -> None:
        try:
            await self._bounded(self._pipeline.run(passages))
        except TimeoutError as error:
            for one in passages:
                one.is_interrupted = True  # that it is cancelled now is no transform's failure
            raise TooSlow(f"{waited_for(passages)} {error}") from error

    def _passage(self, record: EventRecord, route: Route) -> Passage:
        made = delivery_id(self.project.name, record.id, record.seq, route.name, 0)
        return Passage(record, route, made)

    def _outcome(self, passage: Passage, prompt: Prompt | None) -> Outcome:
        ending = self._endings.of(passage, prompt, passage.record.accepted_at)
        ready = ending.ready
        return Outcome(
            route=passage.route.name,
            actor=passage.route.actor,
            state=ending.state,
            event=passage.event,
            steps=passage.steps,
            error=ending.error,
            by=_ended_by(passage, ending),
            config=None if ready is None else orjson.loads(ready.config),
            prompt=None if ready is None else ready.prompt,
            order_key=None if ready is None else ready.order_key,
        )


def _ended_by(passage: Passage, ending: Ending) -> str | None:
    is_on_its_way = ending.state in (DeliveryState.WAITING, DeliveryState.INBOX)
    return None if is_on_its_way or not passage.steps else passage.steps[-1].transform


def _record(event: Event, seq: int) -> EventRecord:
    body: Any = event.to_bytes()
    return EventRecord(
        seq=seq,
        id=event.id,
        project=event.origin.project if event.origin else "",
        source=event.source,
        type=event.type,
        accepted_at=to_epoch_ms(event.timestamp),
        trace_id=event.trace_id or "",
        parent=None,
        depth=1,
        body=body,
    )
